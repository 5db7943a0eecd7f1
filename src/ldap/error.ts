// The one error that the directory layer throws, and the names of LDAP result codes for its messages.
// RFC 4511 section 4.1.9 and appendix A.2.

/**
 * Why an operation failed.
 * `unavailable`: no connection could be had, nothing was sent. `credentials`: the service account was refused. `timeout`: the deadline passed.
 * `lost`: the connection broke after the request was sent. `result`: the server answered with `resultCode`.
 * For a write, `lost` and `timeout` mean the outcome is unknown (`outcomeUnknown`).
 */
export class DirectoryError extends Error {
  override readonly name = 'DirectoryError';
  readonly kind: 'unavailable' | 'credentials' | 'timeout' | 'lost' | 'result';
  readonly resultCode: number | undefined;
  /** The server's diagnostic message: for the log, never for a client. */
  readonly diagnostic: string;
  /** Password policy error of draft-behera (0..8), when the server sent one. */
  readonly policyError: number | undefined;

  constructor(
    kind: DirectoryError['kind'],
    message: string,
    details: { resultCode?: number; diagnostic?: string; policyError?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause });
    this.kind = kind;
    this.resultCode = details.resultCode;
    this.diagnostic = details.diagnostic ?? '';
    this.policyError = details.policyError;
  }

  get outcomeUnknown(): boolean {
    return this.kind === 'lost' || this.kind === 'timeout';
  }
}

/** The connection was gone before or after the request was sent: what changes nothing may be asked once more. */
export function isLoss(error: unknown): error is DirectoryError {
  return error instanceof DirectoryError && (error.kind === 'lost' || error.kind === 'unavailable');
}

export const resultCodes = {
  success: 0,
  operationsError: 1,
  protocolError: 2,
  timeLimitExceeded: 3,
  sizeLimitExceeded: 4,
  compareFalse: 5,
  compareTrue: 6,
  authMethodNotSupported: 7,
  strongerAuthRequired: 8,
  referral: 10,
  adminLimitExceeded: 11,
  unavailableCriticalExtension: 12,
  confidentialityRequired: 13,
  saslBindInProgress: 14,
  noSuchAttribute: 16,
  undefinedAttributeType: 17,
  inappropriateMatching: 18,
  constraintViolation: 19,
  attributeOrValueExists: 20,
  invalidAttributeSyntax: 21,
  noSuchObject: 32,
  aliasProblem: 33,
  invalidDNSyntax: 34,
  aliasDereferencingProblem: 36,
  inappropriateAuthentication: 48,
  invalidCredentials: 49,
  insufficientAccessRights: 50,
  busy: 51,
  unavailable: 52,
  unwillingToPerform: 53,
  loopDetect: 54,
  namingViolation: 64,
  objectClassViolation: 65,
  notAllowedOnNonLeaf: 66,
  notAllowedOnRDN: 67,
  entryAlreadyExists: 68,
  objectClassModsProhibited: 69,
  affectsMultipleDSAs: 71,
  other: 80,
  assertionFailed: 122,
} as const;

const names = new Map<number, string>(Object.entries(resultCodes).map(([name, code]) => [code, name]));

/** `noSuchObject (32)`. */
export function nameOfResult(code: number): string {
  return `${names.get(code) ?? 'result'} (${code})`;
}
