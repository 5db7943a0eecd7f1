// The errors of the protocol: one class, one constructor function per scimType, and the Error message they become.
// RFC 7644 section 3.12, table 8 and 9; RFC 9865 section 2.1; RFC 6585 and 9110 for 429 and Retry-After.

export type ScimType =
  | 'invalidFilter'
  | 'tooMany'
  | 'uniqueness'
  | 'mutability'
  | 'invalidSyntax'
  | 'invalidPath'
  | 'noTarget'
  | 'invalidValue'
  | 'invalidVers'
  | 'sensitive'
  | 'invalidCursor'
  | 'expiredCursor'
  | 'invalidCount';

export interface ScimErrorOptions extends ErrorOptions {
  readonly scimType?: ScimType;
  /** Seconds after which the client may try again (Retry-After). */
  readonly retryAfter?: number;
}

/** Characters: a detail may quote a name that the client chose. */
const longestDetail = 500;

/** An answer other than success. `message` is the `detail` that the client reads: it names attributes, never values, DNs or LDAP text. */
export class ScimError extends Error {
  override readonly name = 'ScimError';
  readonly status: number;
  readonly scimType: ScimType | undefined;
  readonly retryAfter: number | undefined;

  constructor(status: number, detail: string, options: ScimErrorOptions = {}) {
    super(detail.length > longestDetail ? `${detail.slice(0, longestDetail).toWellFormed()}…` : detail, options);
    this.status = status;
    this.scimType = options.scimType;
    this.retryAfter = options.retryAfter;
  }

  /** The Error message body (RFC 7644 section 3.12); `status` is a string there. */
  toJSON(): { schemas: string[]; status: string; scimType?: ScimType; detail: string } {
    return {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      status: String(this.status),
      ...(this.scimType && { scimType: this.scimType }),
      detail: this.message,
    };
  }
}

const of =
  (status: number, scimType: ScimType) =>
  (detail: string, options?: ErrorOptions): ScimError =>
    new ScimError(status, detail, { ...options, scimType });

export const invalidFilter = of(400, 'invalidFilter');
export const tooMany = of(400, 'tooMany');
export const sensitive = of(403, 'sensitive');
export const uniqueness = of(409, 'uniqueness');
export const mutability = of(400, 'mutability');
export const invalidSyntax = of(400, 'invalidSyntax');
export const invalidPath = of(400, 'invalidPath');
export const noTarget = of(400, 'noTarget');
export const invalidValue = of(400, 'invalidValue');
/** Of a forged cursor as of one of another query, client or directory: nobody learns which (RFC 9865 section 5.2; C-017). */
export const invalidCursor = (options?: ErrorOptions): ScimError => of(400, 'invalidCursor')('The cursor is none of this query', options);
export const expiredCursor = of(400, 'expiredCursor');
export const invalidCount = of(400, 'invalidCount');
export const notFound = (detail = 'Resource not found'): ScimError => new ScimError(404, detail);
export const preconditionFailed = (): ScimError =>
  new ScimError(412, 'The resource has changed: its version is not the one given in If-Match');
/** RFC 6585 section 3. */
export const conditionRequired = (): ScimError =>
  new ScimError(428, 'A PUT of this client must name the version that it replaces, in If-Match, or in "version" of a bulk operation');
export const unavailable = (retryAfter: number, cause?: unknown): ScimError =>
  new ScimError(503, 'The directory is not available', { retryAfter, cause });
