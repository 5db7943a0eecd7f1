// The section `clients` as operators write it: how each caller proves who it is, and what it may do.
// RFC 6750 (bearer tokens), RFC 9068 (access tokens), RFC 7644 section 2 (authentication and authorization).
import * as z from 'zod';
import { dn, duration, filePath, hasOneSource, oneSource, textOf, tokenSources } from './fields.ts';
import { parseExpiry, parseFingerprint, parseSecureUrl } from './syntax.ts';

const tokenDefinition = z
  .strictObject(
    {
      ...tokenSources,
      expires: textOf(parseExpiry, 'a date such as 2030-01-31 (the end of that day in UTC), a date and time with zone, or the word never'),
    },
    {
      error: (issue) =>
        issue.code === 'invalid_type' && issue.input !== undefined
          ? 'must not stand in the file: write { sha256: … }, { env: NAME } or { file: path }, with expires'
          : undefined,
    },
  )
  .refine(hasOneSource, oneSource)
  .meta({ writeOnly: true });
export type TokenDefinition = z.output<typeof tokenDefinition>;

const names = z.array(z.string().min(1)).min(1);

/** Those that nobody can forge who knows the public key: neither `none` nor keyed hashes. */
const signatureAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const;

const guid = (description: string) =>
  z
    .string()
    .regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'must be a GUID, such as 8adf8e6e-67b2-4cf2-a259-e3dc5476c621')
    .transform((text) => text.toLowerCase())
    .describe(description);

const jwtDefinition = z
  .strictObject({
    issuer: textOf(
      parseSecureUrl,
      'Who issues the tokens: the claim iss, exactly; its keys are found through its metadata unless jwksUri or jwks is given',
    ).optional(),
    entra: z
      .strictObject({
        tenant: guid('Directory (tenant) ID: the issuer, and the claim tid'),
        applicationId: guid('Application (client) ID of the caller: the claim azp or appid'),
        authority: textOf(
          parseSecureUrl,
          'Where the tenant signs in, such as https://login.microsoftonline.us of a national cloud',
        ).default('https://login.microsoftonline.com'),
      })
      .optional()
      .describe('Instead of issuer: tokens of Microsoft Entra ID in its own form, of versions 1.0 and 2.0'),
    audience: z
      .union([z.string().min(1), names])
      .optional()
      .describe(
        'What the claim aud must hold, one of several; without it publicUrl and the path of the directory, and with entra also 8adf8e6e-67b2-4cf2-a259-e3dc5476c621, which provisioning has in common for all',
      ),
    clientId: z.string().min(1).optional().describe('What the claim client_id must be'),
    subject: z.string().min(1).optional().describe('What the claim sub must be; with clientId, both must match'),
    jwksUri: textOf(parseSecureUrl, 'URL of the keys of the issuer (JSON Web Key Set)').optional(),
    jwks: filePath.optional().describe('File with the keys of the issuer (JSON Web Key Set), where the gateway cannot reach it'),
    ca: z
      .union([filePath, z.array(filePath).min(1)])
      .optional()
      .describe('PEM files of the authorities to trust for the issuer instead of the system’s'),
    algorithms: z
      .array(z.enum(signatureAlgorithms))
      .min(1)
      .default(['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519'])
      .describe(`How tokens may be signed: ${signatureAlgorithms.join(', ')}`),
    clockTolerance: duration('How much the clock of the issuer may differ').prefault('30s'),
  })
  .refine((jwt) => (jwt.issuer === undefined) !== (jwt.entra === undefined), 'needs either `issuer` or `entra`')
  .refine(
    (jwt) => jwt.issuer === undefined || jwt.clientId !== undefined || jwt.subject !== undefined,
    'needs `clientId`, `subject` or both: an issuer has tokens for many callers',
  )
  .refine(
    (jwt) => jwt.entra === undefined || (jwt.clientId === undefined && jwt.subject === undefined),
    'must not have `clientId` or `subject` beside `entra`: it has `applicationId`',
  )
  .refine((jwt) => jwt.jwksUri === undefined || jwt.jwks === undefined, 'must not have both `jwksUri` and `jwks`');
export type JwtDefinition = z.output<typeof jwtDefinition>;

const fingerprint = textOf(parseFingerprint, 'SHA-256 of the certificate in hexadecimal digits');

const certificateDefinition = z
  .strictObject({
    fingerprintSha256: z
      .union([fingerprint, z.array(fingerprint).min(1)])
      .optional()
      .describe('SHA-256 of the certificate, several while it is being renewed; whoever signed it'),
    subject: dn('Subject of the certificate, which one of the authorities must have issued itself').optional(),
    ca: z
      .union([filePath, z.array(filePath).min(1)])
      .optional()
      .describe('PEM files of the authorities that issue for this client, instead of server.tls.clientCa'),
  })
  .refine(
    (certificate) => (certificate.fingerprintSha256 === undefined) !== (certificate.subject === undefined),
    'needs either `fingerprintSha256` or `subject`',
  )
  .refine(
    (certificate) => certificate.ca === undefined || certificate.subject !== undefined,
    'may have `ca` only beside `subject`: a fingerprint needs no authority',
  );
export type CertificateDefinition = z.output<typeof certificateDefinition>;

const namesOrAllBut = z.union([names, z.strictObject({ except: names.describe('All but these') })]);

const attributesDefinition = z
  .strictObject({
    read: namesOrAllBut.optional().describe('What the client sees: a list of attributes, or { except: [...] }; without it, all'),
    write: namesOrAllBut.optional().describe('What of that it may write; without it, all that it sees'),
  })
  .refine(({ read, write }) => read !== undefined || write !== undefined, 'needs `read`, `write` or both');
export type AttributesDefinition = z.output<typeof attributesDefinition>;

export const clientDefinition = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be a name of letters, digits, dots, hyphens and underscores')
    .describe('For the log and the command line'),
  dialect: z.string().default('compat').describe('How the client bends the protocol: compat, strict, or the name of an identity provider'),
  me: z
    .string()
    .optional()
    .describe('What /Me is to this client: a SCIM filter that finds one resource, such as userName eq "svc"; without it, /Me is 404'),
  patchResponse: z
    .enum(['full', 'noContent'])
    .default('full')
    .describe('What a PATCH is answered: full: the resource; noContent: nothing (204), unless attributes are asked for'),
  unconditionalPut: z
    .enum(['accept', 'refuse'])
    .default('accept')
    .describe('What a PUT without If-Match is: refuse: 428, so that no change of somebody else is overwritten unseen (RFC 6585)'),
  auth: z
    .strictObject({
      token: tokenDefinition.optional().describe('Bearer token'),
      tokens: z.array(tokenDefinition).min(1).optional().describe('Several bearer tokens, for rotation'),
      jwt: jwtDefinition.optional().describe('Access tokens of OAuth 2.0, signed by an authorization server (RFC 9068)'),
      certificate: certificateDefinition.optional().describe('Client certificate (TLS)'),
    })
    .refine((auth) => auth.token === undefined || auth.tokens === undefined, 'needs either `token` or `tokens`')
    .refine((auth) => Object.values(auth).some((way) => way !== undefined), 'needs `token`, `tokens`, `jwt` or `certificate`')
    .describe('How the client proves who it is; of several ways each is enough'),
  allow: z
    .strictObject({
      directory: z.string().describe('Name of one of `directories`'),
      resources: z.array(z.string()).min(1).describe('Resource types of its mapping, such as User and Group'),
      operations: z
        .array(z.enum(['read', 'create', 'update', 'delete']))
        .min(1)
        .describe('read, create, update, delete'),
      attributes: z
        .record(z.string(), attributesDefinition)
        .optional()
        .describe('By resource type, attributes that the client may see and write; a type that is not named is open'),
      bases: z
        .array(dn('A DN'))
        .min(1)
        .optional()
        .describe('Entries at or below one of these DNs; without it, all in the search bases of the mapping'),
      filter: z
        .union([z.string().min(1), z.record(z.string(), z.string().min(1))])
        .optional()
        .describe(
          'SCIM filter that its resources match, such as userType eq "contractor"; for several resource types one for each, by name',
        ),
    })
    .describe('What the client may do; what is outside of bases and filter does not exist for it'),
  limits: z
    .strictObject({ requestsPerMinute: z.int().min(1).describe('Requests in any minute; more are answered 429 with Retry-After') })
    .optional()
    .describe('How much the client may ask'),
});
export type ClientDefinition = z.output<typeof clientDefinition>;
