// What went wrong in the directory, as the client gets to know it: the one place where DirectoryError becomes ScimError.
// RFC 4511 appendix A.2 (result codes); RFC 7644 section 3.12. Diagnostics go to the log, never to a client.
import { type Cause, diagnose, explainDirectoryError } from '../ldap/diagnostics.ts';
import { DirectoryError } from '../ldap/directory.ts';
import { invalidValue, mutability, notFound, ScimError, tooMany, unavailable, uniqueness } from '../scim/error.ts';
import { isOfRecords } from './failure.ts';
import { reportRefused } from './journal.ts';

/** Seconds after which a client may try again. */
const soon = 5;
/** A refused service account is not tried again before: attempts could lock it. */
const afterRefusal = 300;

/** @param operation decides what some codes mean: a name that is taken, a search that is too large */
export function translateError(error: unknown, operation: Operation): unknown {
  if (isOfRecords(error)) return new ScimError(503, 'The gateway cannot keep its records', { retryAfter: soon, cause: error });
  if (!(error instanceof DirectoryError)) return error;
  const options = { cause: error };
  switch (error.kind) {
    case 'unavailable':
    case 'lost':
      return unavailable(soon, error);
    case 'credentials':
      return unavailable(afterRefusal, error);
    case 'timeout':
      return new ScimError(503, 'The directory did not answer in time', { retryAfter: soon, ...options });
    case 'result':
      reportRefused({ operation, resultCode: error.resultCode, reason: explainDirectoryError(error) });
      return translateResult(error, operation);
  }
}

type Operation = 'read' | 'add' | 'update' | 'delete';

function translateResult(error: DirectoryError, operation: Operation): ScimError {
  const diagnosis = diagnose(error)?.cause;
  return (diagnosis && translateCause(diagnosis, error, operation)) ?? translateCode(error, operation);
}

/** What the server said beside the code is more exact than the code: Active Directory wraps many causes in few codes. */
function translateCause(cause: Cause, error: DirectoryError, operation: Operation): ScimError | undefined {
  const options = { cause: error };
  switch (cause) {
    case 'password':
      return invalidValue(policyErrors[error.policyError ?? -1] ?? generalPolicy, options);
    case 'oldPassword':
      return invalidValue('The old password is needed to change it', options);
    case 'passwordChannel':
      return invalidValue('The password cannot be set over the connection to the directory', options);
    case 'nameTaken':
      return uniqueness('A resource with this name exists already', options);
    case 'valueTaken':
      return uniqueness('Another entry has this value already', options);
    case 'accountName':
      return invalidValue('The account name would be too long or have characters that the directory does not allow', options);
    case 'groupScope':
      return invalidValue('The directory does not allow this kind of member in this kind of group', options);
    case 'privilege':
      return new ScimError(403, 'The gateway may not do this in the directory', options);
    case 'reference':
      return operation === 'read' ? undefined : invalidValue('A value refers to an entry that does not exist', options);
    case 'notBound':
      return unavailable(soon, error);
    case 'member':
      return concurrent(error);
    case 'account':
      return operation === 'read' ? undefined : new ScimError(403, 'The account does not allow this', options);
  }
}

const concurrent = (error: DirectoryError): ScimError =>
  new ScimError(503, 'The resource was changed by others at the same time', { retryAfter: 1, cause: error });

function translateCode(error: DirectoryError, operation: Operation): ScimError {
  const options = { cause: error };
  const internal = (detail = 'The directory refused the operation; the log of the gateway says why') => new ScimError(500, detail, options);
  switch (error.resultCode) {
    case 3: // timeLimitExceeded
      return operation === 'read' ? tooLarge(options) : new ScimError(504, 'The directory did not finish the change in time', options);
    case 4: // sizeLimitExceeded
    case 11: // adminLimitExceeded
      return operation === 'read'
        ? tooLarge(options)
        : new ScimError(413, 'The change is too large for the directory: send it in parts', options);
    case 9: // partialResults of LDAPv2
    case 10: // referral
      return new ScimError(502, 'The directory refers to another server', options);
    case 13: // confidentialityRequired
      return invalidValue('The password cannot be set over the connection to the directory', options);
    case 16: // noSuchAttribute
    case 20: // attributeOrValueExists
    case 122: // assertionFailed
      return concurrent(error);
    case 19: // constraintViolation
      return invalidValue('The directory refuses a value', options);
    case 21: // invalidAttributeSyntax
    case 34: // invalidDNSyntax
      return invalidValue('A value does not have the form that the directory requires', options);
    case 32: // noSuchObject: of a search it is the base that is missing, or cannot be seen any more
      if (operation === 'read') return unavailable(soon, error);
      return operation === 'add' ? internal('The place for new entries does not exist in the directory') : notFound();
    case 48: // inappropriateAuthentication
    case 49: // invalidCredentials: the gateway's own account, never the client's
      return unavailable(afterRefusal, error);
    case 50: // insufficientAccessRights
    case 123: // authorizationDenied
      return new ScimError(403, 'The gateway may not do this in the directory', options);
    case 51: // busy
    case 52: // unavailable
    case 118: // canceled
      return unavailable(soon, error);
    case 53: // unwillingToPerform
      return new ScimError(403, 'The directory refuses the operation', options);
    case 64: // namingViolation
    case 65: // objectClassViolation
      return invalidValue('The directory refuses the entry: a value that it needs is missing, or one has no place in it', options);
    case 66: // notAllowedOnNonLeaf
      return new ScimError(409, 'The entry has other entries below it', options);
    case 67: // notAllowedOnRDN
    case 69: // objectClassModsProhibited
      return mutability('The directory does not allow this attribute to change', options);
    case 68: // entryAlreadyExists
      return uniqueness('A resource with this name exists already', options);
    case 71: // affectsMultipleDSAs
      return new ScimError(501, 'The directory cannot do this across its servers', options);
    default:
      // Among them 1, 2, 7, 8, 12, 17, 18, 33, 36, 54 and 80: mistakes of the configuration or of the gateway.
      return internal();
  }
}

const tooLarge = (options: ErrorOptions): ScimError => tooMany('The query is too large for the directory: narrow the filter', options);

/** Somebody else has the name, or a value of which there may be only one: what the directory says under various codes. */
export function isUniqueness(error: DirectoryError): boolean {
  const cause = diagnose(error)?.cause;
  return cause === 'nameTaken' || cause === 'valueTaken' || (error.resultCode === 68 && cause === undefined);
}

const generalPolicy = 'The password does not have the quality that the directory requires';

/** draft-behera-ldap-password-policy section 6.2: what the server minds about a password. */
const policyErrors = [
  'The password has expired',
  'The account is locked',
  'The password must be changed after a reset',
  'The password may not be changed',
  'The old password is needed to change it',
  generalPolicy,
  'The password is too short',
  'The password was changed too recently',
  'The password was used before',
  'The password is too long',
];
