// Why an operation of a client failed, in one line that an administrator understands: what, which attribute and rule, what the server says.
// RFC 4511 appendix A.2 (result codes), RFC 7644 section 3.12 (what the client was answered).
import { diagnose } from '../ldap/diagnostics.ts';
import { isSecret } from '../ldap/ldif.ts';
import { DirectoryError } from '../ldap/directory.ts';
import { nameOfResult } from '../ldap/error.ts';
import type { Value } from '../ldap/filter.ts';
import type { RulePlace } from '../mapping/rule-place.ts';
import { ScimError } from '../scim/error.ts';
import { type Account, secretAttributes } from './account.ts';
import { sanitizeDiagnostic, type SentValues } from './diagnostic-text.ts';
import { causes, type FailureCause, resultCauses } from './failure-causes.ts';
import type { Step } from './plan.ts';

/** A failure without whom it concerns: no values, DNs or credentials. */
export interface Failure {
  readonly cause: FailureCause;
  /** What is wrong: a clause. */
  readonly what: string;
  /** What the administrator can do: a sentence without a full stop. */
  readonly advice: string;
  readonly attribute?: string;
  readonly ldap?: string;
  /** File and line of the mapping rule. */
  readonly place?: string;
  /** `constraintViolation (19)`. */
  readonly result?: string;
  /** The server's own words, without the values in them. */
  readonly diagnostic?: string;
  readonly status: number;
  readonly scimType?: string;
}

/** All in one line. */
export function formatFailure({ what, attribute, ldap, place, result, diagnostic, status, scimType, advice }: Failure): string {
  const rule = attribute === undefined ? ldap : `${attribute}${ldap === undefined ? '' : ` (LDAP ${ldap})`}`;
  return [
    what,
    ...(rule === undefined ? [] : [`attribute ${rule}${place === undefined ? '' : `, rule at ${place}`}`]),
    ...(result === undefined ? [] : [`LDAP ${result}${diagnostic ? `, the server says: ${diagnostic}` : ''}`]),
    `answered ${status}${scimType === undefined ? '' : ` ${scimType}`}`,
    `to do: ${advice}`,
  ].join('; ');
}

/** A step failed, and taking back those before it failed, too. */
const halfWay = ' (half of the change is done and could not be undone: look at the entry)';

const guards: ReadonlyMap<string, string> = new Map([
  ['baseDn', 'it is the base of the directory, or above it'],
  ['bindDn', 'it is the account of the gateway'],
  ['privileged', 'it is an administrator or a group of administrators (guards.allowPrivileged)'],
  ['protect', 'it is listed under guards.protect'],
]);

/** @param places where the rules of the mapping stand */
export function explainFailure(account: Account, error: unknown): Failure {
  const answer = error instanceof ScimError ? error : undefined;
  const directoryError = findDirectoryError(error);
  const cause = causeOf(account, answer, directoryError);
  const [what, advice] = causes[cause];
  const ldap = directoryError?.kind === 'result' ? ldapAttributeOf(account, directoryError) : undefined;
  const rule = ruleOf(account, ldap, answer);
  const diagnostic = directoryError && sanitizedDiagnostic(account, directoryError);
  return {
    cause,
    what: `${describe(account, cause, what, answer, directoryError)}${error instanceof AggregateError ? halfWay : ''}`,
    advice,
    ...(rule && { attribute: rule.rule, place: rule.place }),
    ...((ldap ?? rule?.ldap) !== undefined && { ldap: ldap ?? rule?.ldap ?? '' }),
    ...(directoryError?.resultCode !== undefined && { result: nameOfResult(directoryError.resultCode) }),
    ...(diagnostic && { diagnostic }),
    status: answer?.status ?? 500,
    ...(answer?.scimType && { scimType: answer.scimType }),
  };
}

/** What the guards count and hold cannot be written: the disk is full, or fails. */
export const isOfRecords = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR';

function findDirectoryError(error: unknown): DirectoryError | undefined {
  if (error instanceof DirectoryError) return error;
  if (error instanceof AggregateError) return error.errors.map(findDirectoryError).find((found) => found !== undefined);
  return error instanceof Error && error.cause !== undefined ? findDirectoryError(error.cause) : undefined;
}

function causeOf(account: Account, answer: ScimError | undefined, error: DirectoryError | undefined): FailureCause {
  if (error) return causeInDirectory(account, error);
  if (!answer) return 'defect';
  if (isOfRecords(answer.cause)) return 'records';
  const refusal = account.refusals.at(-1);
  if (answer.status === 403 && refusal?.by === 'guard') return 'guard';
  if (answer.status === 429) return 'limit';
  return causeOfAnswer(account, answer);
}

/** What the gateway said by itself. */
function causeOfAnswer({ backend }: Account, { status, scimType, message }: ScimError): FailureCause {
  switch (status) {
    case 400:
      if (scimType === 'mutability') return 'mutability';
      if (scimType === 'invalidValue' && message.includes('names a resource that does not exist')) return 'unresolved';
      if (message.includes('does not protect passwords')) return 'clearText';
      return scimType === 'invalidValue' ? 'validation' : 'malformed';
    case 403:
      return message.startsWith('This client') || message.includes('by oneself') ? 'client' : 'unsupported';
    case 404:
      return 'notFound';
    case 409:
      return scimType === 'uniqueness' ? 'duplicate' : 'dependency';
    case 412:
      return 'changed';
    case 413:
    case 415:
      return 'malformed';
    case 501:
      return 'unsupported';
    case 503:
      if (message.includes('administrator')) return 'held';
      return backend.observe ? 'observed' : 'down';
    default:
      return status >= 500 ? 'defect' : 'malformed';
  }
}

function causeInDirectory({ operation }: Account, error: DirectoryError): FailureCause {
  const { kind, resultCode = 80 } = error;
  if (kind === 'unavailable') return 'down';
  if (kind === 'credentials') return 'account';
  if (kind !== 'result') return kind;
  const diagnosed = diagnose(error)?.cause;
  switch (diagnosed) {
    case 'oldPassword':
      return 'password';
    case 'nameTaken':
    case 'valueTaken':
      return 'duplicate';
    case 'privilege':
      return 'access';
    case 'notBound':
      return 'lost';
    case undefined:
      break;
    default:
      return diagnosed;
  }
  if (resultCode === 32) return operation === 'create' ? 'noPlace' : 'gone';
  return resultCauses.get(resultCode) ?? 'server';
}

/** A clause that says as much as is known: the table's, the server's known reason, or what the client reads. */
function describe(
  { refusals }: Account,
  cause: FailureCause,
  what: string,
  answer: ScimError | undefined,
  error: DirectoryError | undefined,
): string {
  const refusal = refusals.at(-1);
  if (cause === 'guard' && refusal?.by === 'guard') return `${what}: ${guards.get(refusal.guard) ?? refusal.guard}`;
  if (error) {
    // Why there is no connection: names of servers and what sockets and TLS say.
    if (error.kind === 'unavailable') return `${what}: ${sanitizeDiagnostic(error.message, () => false, { secrets: [], others: [] })}`;
    const diagnosis = error.kind === 'result' || error.kind === 'credentials' ? diagnose(error)?.text : undefined;
    if ((cause === 'duplicate' || cause === 'password') && diagnosis !== undefined) return diagnosis;
    return diagnosis === undefined ? what : `${what}: ${diagnosis}`;
  }
  const said = answer?.message.replace(/\.$/, '') ?? '';
  if (what === '') return said;
  return cause === 'limit' || cause === 'duplicate' ? said : what;
}

/** The LDAP attribute that the server minds: the one that it names, or the only one that was written. */
function ldapAttributeOf({ step }: Account, error: DirectoryError): string | undefined {
  const written = step ? attributesOf(step) : [];
  // Servers name the class of an entry beside what they mind.
  const attributes = written.length > 1 ? written.filter((name) => name.toLowerCase() !== 'objectclass') : written;
  const words = new Set(error.diagnostic.toLowerCase().match(/[a-z][\w-]*/g) ?? []);
  if (isAboutPassword(error)) return attributes.find(isSecret) ?? 'userPassword';
  const named = attributes.filter((attribute) => words.has(attribute.toLowerCase()));
  if (named.length === 1) return named[0];
  if (attributes.length === 1) return attributes[0];
  if (error.resultCode === 68 && step && (step.kind === 'add' || step.kind === 'rename'))
    return (step.kind === 'add' ? step.dn.rdns[0] : step.rdn)?.[0]?.type;
  return undefined;
}

const isAboutPassword = (error: DirectoryError): boolean => /^(?:password|oldPassword|passwordChannel)$/.test(diagnose(error)?.cause ?? '');

export function attributesOf(step: Step): readonly string[] {
  switch (step.kind) {
    case 'add':
      return [...step.attributes.keys()];
    case 'modify':
      return [...new Set(step.changes.map(({ attribute }) => attribute))];
    case 'rename':
      return step.rdn.map(({ type }) => type);
    case 'relink':
      return [step.link.attribute];
    case 'setPassword':
      return ['userPassword'];
    case 'delete':
      return [];
  }
}

/** By the LDAP attribute, else by the SCIM attribute that the answer begins with. */
function ruleOf({ backend, resourceType }: Account, ldap: string | undefined, answer: ScimError | undefined): RulePlace | undefined {
  const own = (backend.places ?? []).filter((place) => place.resourceType === resourceType);
  if (ldap !== undefined) return own.find((place) => place.ldap.toLowerCase() === ldap.toLowerCase());
  const text = answer?.message ?? '';
  return own
    .filter(({ rule, path = rule }) => [rule, path].some((name) => startsWithName(text, name) || text.includes(`this ${name} `)))
    .toSorted((a, b) => b.rule.length - a.rule.length)[0];
}

const startsWithName = (text: string, name: string): boolean => {
  const bare = text.replace(/^"/, '');
  return bare.startsWith(name) && !/^[\w.]/.test(bare.slice(name.length));
};

function sanitizedDiagnostic(account: Account, { diagnostic }: DirectoryError): string {
  if (diagnostic === '') return '';
  return sanitizeDiagnostic(diagnostic, nameTest(account), sentBy(account));
}

function nameTest({ backend }: Account): (word: string) => boolean {
  try {
    const { schema } = backend.directory.capabilities();
    return (word) => schema.attribute(word) !== undefined || schema.objectClass(word) !== undefined;
  } catch {
    // The server was never reached.
    return () => false;
  }
}

/** Every value of the step that failed, and the names of whom it concerns. */
function sentBy({ backend, resourceType, step, subject }: Account): SentValues {
  const isSecret = secretAttributes(backend, resourceType);
  const parts = step ? valuesIn(step) : [];
  const texts = (secret: boolean): string[] =>
    parts.filter(([attribute]) => isSecret(attribute) === secret).flatMap(([, values]) => values.map(toText));
  return {
    secrets: [...texts(true), ...(step?.kind === 'setPassword' ? [step.password] : [])],
    others: [...texts(false), ...Object.values(subject)],
  };
}

function valuesIn(step: Step): readonly (readonly [attribute: string, values: readonly Value[]])[] {
  switch (step.kind) {
    case 'add':
      return [...step.attributes];
    case 'modify':
      return step.changes.map(({ attribute, values }) => [attribute, values]);
    case 'rename':
      return step.rdn.map(({ type, value }) => [type, [value]]);
    default:
      return [];
  }
}

/** `unicodePwd` is a quoted text in UTF-16. */
function toText(value: Value): string {
  if (typeof value === 'string') return value;
  const text = value.toString('utf8');
  return text.includes('\0') ? value.toString('utf16le').replaceAll('"', '') : text;
}
