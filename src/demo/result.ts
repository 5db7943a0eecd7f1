// Result codes by their names in the standard, and the error with which an operation ends early.
// RFC 4511 section 4.1.9 and appendix A; assertionFailed of RFC 4528.

export const resultCode = {
  success: 0,
  operationsError: 1,
  protocolError: 2,
  sizeLimitExceeded: 4,
  compareFalse: 5,
  compareTrue: 6,
  authMethodNotSupported: 7,
  strongerAuthRequired: 8,
  referral: 10,
  unavailableCriticalExtension: 12,
  noSuchAttribute: 16,
  undefinedAttributeType: 17,
  inappropriateMatching: 18,
  constraintViolation: 19,
  attributeOrValueExists: 20,
  invalidAttributeSyntax: 21,
  noSuchObject: 32,
  invalidDnSyntax: 34,
  invalidCredentials: 49,
  insufficientAccessRights: 50,
  unwillingToPerform: 53,
  namingViolation: 64,
  objectClassViolation: 65,
  notAllowedOnNonLeaf: 66,
  notAllowedOnRdn: 67,
  entryAlreadyExists: 68,
  objectClassModsProhibited: 69,
  affectsMultipleDsas: 71,
  other: 80,
  assertionFailed: 122,
} as const;

export class OperationError extends Error {
  override readonly name = 'OperationError';
  readonly code: number;
  readonly matchedDn: string;
  readonly referrals: readonly string[];

  /** `diagnostic` is the server's text in the result; `matchedDn` names the last entry found on the way to a missing one. */
  constructor(code: number, diagnostic: string, details: { matchedDn?: string | undefined; referrals?: readonly string[] } = {}) {
    super(diagnostic);
    this.code = code;
    this.matchedDn = details.matchedDn ?? '';
    this.referrals = details.referrals ?? [];
  }
}
