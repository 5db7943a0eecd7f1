// `auth.jwt` of a client: whose access tokens it has, and where the keys that sign them are.
// RFC 9068, RFC 7517; the issuers of Microsoft Entra ID are those of its versions 1.0 and 2.0.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { YamlPath } from '../yaml.ts';
import type { JwtDefinition } from './client-definition.ts';
import type { Findings } from './findings.ts';
import { asSection } from './section.ts';
import { describeFileError } from './secrets.ts';
import { loadAuthorities } from './server.ts';

/** The access tokens that stand for one client. */
export interface LoadedAccessTokens {
  readonly form: 'rfc9068' | 'entra';
  readonly issuers: readonly string[];
  readonly audiences: readonly string[];
  /** Claims, each by the names that it may have, with the value that they must have. */
  readonly claims: readonly (readonly [names: readonly string[], value: string])[];
  readonly algorithms: readonly string[];
  /** Seconds. */
  readonly clockTolerance: number;
  readonly keys:
    | { readonly kind: 'local'; readonly jwks: { readonly keys: PublicKey[] } }
    | { readonly kind: 'remote'; readonly url: string; readonly ca: readonly string[] }
    | { readonly kind: 'discovered'; readonly issuer: string; readonly ca: readonly string[] };
  readonly authorizationServer: string;
}

/** A JSON Web Key (RFC 7517 section 4). */
interface PublicKey {
  readonly kty: string;
  readonly [parameter: string]: unknown;
}

/** The audience that the provisioning service of Entra ID uses for every application that is not in its gallery. */
const entraProvisioning = '8adf8e6e-67b2-4cf2-a259-e3dc5476c621';

/** @param resource public URL of the client's directory, where that is known */
export function loadAccessTokens(
  at: YamlPath,
  jwt: JwtDefinition,
  resource: string | undefined,
  findings: Findings,
): LoadedAccessTokens | undefined {
  const { issuer = '', entra, audience, clientId, subject, algorithms, clockTolerance } = jwt;
  const ca = loadAuthorities([...at, 'ca'], jwt.ca, findings);
  const keys = loadKeys(at, jwt, ca, findings);
  const own = resource === undefined ? [] : [resource];
  const common = { algorithms, clockTolerance: Math.ceil(clockTolerance / 1000) };
  if (!keys) return undefined;
  if (entra) {
    const { tenant, applicationId } = entra;
    const versions = [`https://sts.windows.net/${tenant}/`, `${authorityOf(entra)}/${tenant}/v2.0`];
    return {
      ...common,
      form: 'entra',
      issuers: versions,
      audiences: audience === undefined ? [...own, entraProvisioning] : [audience].flat(),
      claims: [
        [['tid'], tenant],
        [['azp', 'appid'], applicationId],
      ],
      keys,
      authorizationServer: versions[1] ?? '',
    };
  }
  return {
    ...common,
    form: 'rfc9068',
    issuers: [issuer],
    audiences: audience === undefined ? own : [audience].flat(),
    claims: [...claim('client_id', clientId), ...claim('sub', subject)],
    keys,
    authorizationServer: issuer,
  };
}

const authorityOf = ({ authority }: NonNullable<JwtDefinition['entra']>): string => authority.replace(/\/$/, '');

const claim = (name: string, value: string | undefined): LoadedAccessTokens['claims'] => (value === undefined ? [] : [[[name], value]]);

function loadKeys(
  at: YamlPath,
  { issuer = '', entra, jwksUri, jwks }: JwtDefinition,
  ca: readonly string[],
  findings: Findings,
): LoadedAccessTokens['keys'] | undefined {
  if (jwks !== undefined) return loadKeyFile([...at, 'jwks'], jwks, findings);
  if (jwksUri !== undefined) return { kind: 'remote', url: jwksUri, ca };
  return entra
    ? { kind: 'remote', url: `${authorityOf(entra)}/${entra.tenant}/discovery/v2.0/keys`, ca }
    : { kind: 'discovered', issuer, ca };
}

function loadKeyFile(at: YamlPath, file: string, findings: Findings): LoadedAccessTokens['keys'] | undefined {
  const path = resolve(dirname(findings.context.from), file);
  try {
    const { keys } = asSection(JSON.parse(readFileSync(path, 'utf8')));
    if (!Array.isArray(keys) || keys.length === 0)
      return findings.refuse(at, `the file ${path} holds no JSON Web Key Set: it needs \`keys\``);
    const listed: readonly unknown[] = keys;
    const fault = listed.map(judgeKey).find((each) => each !== undefined);
    if (fault !== undefined) return findings.refuse(at, `the file ${path} holds ${fault}`);
    return { kind: 'local', jwks: { keys: listed as PublicKey[] } };
  } catch (error) {
    if (error instanceof SyntaxError) return findings.refuse(at, `the file ${path} is no JSON`);
    return findings.refuse(at, `the file ${path} cannot be read: ${describeFileError(error)}`);
  }
}

function judgeKey(data: unknown): string | undefined {
  const key = asSection(data);
  if (typeof key['kty'] !== 'string') return 'something that is no JSON Web Key';
  if (key['kty'] === 'oct') return 'a symmetric key: whoever checks tokens with it could make them';
  return key['d'] === undefined ? undefined : 'a private key: only the public part belongs here';
}

/** Why a token could be meant for either of two clients; undefined if none could. */
export function explainAmbiguity(a: LoadedAccessTokens, b: LoadedAccessTokens): string | undefined {
  if (!a.issuers.some((issuer) => b.issuers.includes(issuer))) return undefined;
  if (JSON.stringify(a.keys) !== JSON.stringify(b.keys)) return 'has the same issuer, and other keys: where they are must be the same';
  const isTold = a.claims.some(([names, value]) => b.claims.some(([others, other]) => names.join() === others.join() && value !== other));
  const isShared = a.audiences.some((audience) => b.audiences.includes(audience));
  return isTold || !isShared ? undefined : 'lets both have the same access tokens: `clientId` or `subject` must be another, or `audience`';
}
