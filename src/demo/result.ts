// Result codes by their names in the standard, and the error with which an operation ends early.
// RFC 4511 section 4.1.9 and appendix A; assertionFailed of RFC 4528.

export const resultCode = {
  success: 0,
  protocolError: 2,
  sizeLimitExceeded: 4,
  compareFalse: 5,
  compareTrue: 6,
  authMethodNotSupported: 7,
  strongerAuthRequired: 8,
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

  /** `diagnostic` is the server's text in the result; `matchedDn` names the last entry found on the way to a missing one. */
  constructor(code: number, diagnostic: string, matchedDn = '') {
    super(diagnostic);
    this.code = code;
    this.matchedDn = matchedDn;
  }
}

/** Where products answer the same mistake with different result codes. */
export interface MistakeCodes {
  readonly valueExists: number;
  readonly valueMissing: number;
  readonly unknownAttribute: number;
  readonly invalidValue: number;
  readonly tooManyValues: number;
  readonly missingAttribute: number;
  readonly forbiddenAttribute: number;
  readonly namingAttribute: number;
  readonly readOnlyAttribute: number;
  readonly parentMissing: number;
}
