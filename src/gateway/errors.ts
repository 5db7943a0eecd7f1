// What went wrong in the directory, as the client gets to know it: the one place where DirectoryError becomes ScimError.
// The table 4.14 of result codes; RFC 4511 appendix A.2. Diagnostics go to the log, never to a client.
import { DirectoryError } from '../ldap/directory.ts';
import { invalidValue, mutability, notFound, ScimError, tooMany, unavailable, uniqueness } from '../scim/error.ts';

/** Seconds after which a client may try again. */
const soon = 5;
/** A refused service account is not tried again before (decisions, "Start-up"). */
const afterRefusal = 300;

/** @param operation decides what some codes mean: a name that is taken, a search that is too large */
export function translateError(error: unknown, operation: 'read' | 'add' | 'update' | 'delete'): unknown {
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
      return translateResult(error, operation);
  }
}

function translateResult(error: DirectoryError, operation: 'read' | 'add' | 'update' | 'delete'): ScimError {
  const options = { cause: error };
  const internal = (detail = 'The directory refused the operation; the log of the gateway says why') => new ScimError(500, detail, options);
  switch (error.resultCode) {
    case 3: // timeLimitExceeded
    case 4: // sizeLimitExceeded
    case 11: // adminLimitExceeded
      return operation === 'read'
        ? tooMany('The query is too large for the directory: narrow the filter', options)
        : new ScimError(413, 'The change is too large for the directory: send it in parts', options);
    case 10: // referral
      return new ScimError(502, 'The directory refers to another server', options);
    case 13: // confidentialityRequired
      return invalidValue('The password cannot be set over the connection to the directory', options);
    case 18: // inappropriateMatching
    case 1: // operationsError
    case 2: // protocolError
    case 12: // unavailableCriticalExtension
    case 17: // undefinedAttributeType
      return internal();
    case 16: // noSuchAttribute
    case 20: // attributeOrValueExists
    case 122: // assertionFailed
      return new ScimError(503, 'The resource was changed by others at the same time', { retryAfter: 1, ...options });
    case 19: // constraintViolation
      return isUniqueness(error)
        ? uniqueness('Another entry has this value already', options)
        : invalidValue(policySentence(error) ?? 'The directory refuses a value', options);
    case 21: // invalidAttributeSyntax
    case 34: // invalidDNSyntax
      return invalidValue('A value does not have the form that the directory requires', options);
    case 32: // noSuchObject
      return operation === 'add' ? internal('The place for new entries does not exist in the directory') : notFound();
    case 50: // insufficientAccessRights
      return new ScimError(403, 'The gateway may not do this in the directory', options);
    case 51: // busy
    case 52: // unavailable
      return unavailable(soon, error);
    case 53: // unwillingToPerform
      return policySentence(error) === undefined
        ? new ScimError(403, 'The directory refuses the operation', options)
        : invalidValue(policySentence(error) ?? '', options);
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
      return internal();
  }
}

/** slapo-unique, the attribute uniqueness plugin of 389-DS, and the extended code of Active Directory (B.2 of the vendors' behaviour). */
export function isUniqueness({ resultCode, diagnostic }: DirectoryError): boolean {
  return (
    resultCode === 68 ||
    (resultCode === 19 && /non-unique|already exists|another entry with the same|0000202F|000021C7|000021C8/i.test(diagnostic))
  );
}

/** draft-behera-ldap-password-policy section 6.2: what the server minds about a password. */
const policyErrors = [
  'The password has expired',
  'The account is locked',
  'The password must be changed after a reset',
  'The password may not be changed',
  'The old password is needed to change it',
  'The password does not have the quality that the directory requires',
  'The password is too short',
  'The password was changed too recently',
  'The password was used before',
  'The password is too long',
];

function policySentence({ policyError, diagnostic }: DirectoryError): string | undefined {
  if (policyError !== undefined) return policyErrors[policyError];
  return /0000052D|password fails quality|password quality|too short|in history|invalid password syntax/i.test(diagnostic)
    ? policyErrors[5]
    : undefined;
}
