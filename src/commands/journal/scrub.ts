// Takes what is secret out of what leaves the house: by the keys of the configuration, by the secrets themselves, by the shape of credentials.
// A mistake in one of these is caught by the next.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Keys whose text is a secret, wherever they stand; `env` and `file` below them only name one. */
const secretKeys = /^(?:password|passphrase|token|tokens|sha256|cursorKey|secret|key|privateKey|credentials?)$/i;
const removed = '[removed]';

/** The data of a configuration without what could be a secret: texts below a secret key, but for names of variables and paths of files. */
export function withoutSecrets(data: unknown, inSecret = false): unknown {
  if (Array.isArray(data)) return data.map((item) => withoutSecrets(item, inSecret));
  if (typeof data === 'object' && data !== null)
    return Object.fromEntries(
      Object.entries(data).map(([key, value]): [string, unknown] => {
        if (key === 'env') return [key, /^[A-Za-z_][A-Za-z0-9_]*$/.test(String(value)) ? value : removed];
        if (key === 'file' && inSecret) return [key, value];
        if (key === 'key' && typeof value === 'string') return [key, value.includes('-----') ? removed : value];
        if (key === 'expires') return [key, value];
        return [key, withoutSecrets(value, inSecret || secretKeys.test(key))];
      }),
    );
  return inSecret && (typeof data === 'string' || typeof data === 'number') ? removed : data;
}

/** The secrets that a configuration names or wrongly holds, as far as they can be had here: they are looked for in everything that is packed. */
export function collectSecrets(
  data: unknown,
  from: string,
  env: Readonly<Record<string, string | undefined>>,
  inSecret = false,
): readonly string[] {
  if (Array.isArray(data)) return data.flatMap((item) => collectSecrets(item, from, env, inSecret));
  if (typeof data === 'object' && data !== null)
    return Object.entries(data).flatMap(([key, value]) => {
      if (key === 'expires') return [];
      if (key === 'env' && typeof value === 'string') return Object.hasOwn(env, value) ? [env[value] ?? ''] : [];
      if (typeof value === 'string' && (key === 'key' || (key === 'file' && inSecret))) return readLines(resolve(dirname(from), value));
      return collectSecrets(value, from, env, inSecret || secretKeys.test(key));
    });
  return inSecret && typeof data !== 'boolean' && data !== null ? [String(data)] : [];
}

/** Octets: what is larger is no secret. */
const largest = 65_536;

function readLines(file: string): readonly string[] {
  try {
    const text = readFileSync(file, 'utf8');
    return text.length > largest ? [] : [text.trim(), ...text.split(/\r?\n/)];
  } catch {
    return [];
  }
}

/** Shorter ones would take half of the words with them. */
const shortest = 4;

/** @param secrets taken out wherever they stand, also as base64 or percent-encoded */
export function scrubText(text: string, secrets: readonly string[]): string {
  const forms = secrets.flatMap((secret) => (secret.length < shortest ? [] : formsOf(secret)));
  return [...new Set(forms)]
    .toSorted((a, b) => b.length - a.length)
    .reduce((rest, secret) => rest.replaceAll(secret, removed), text)
    .replaceAll(/-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, removed)
    .replaceAll(/\b(Bearer|Basic) +[^\s"']+/gi, `$1 ${removed}`)
    .replaceAll(/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, removed)
    .replaceAll(/(\b[a-z][\w+.-]*:\/\/)[^\s/@"']+@/gi, `$1${removed}@`)
    .replaceAll(
      /\b((?:user|bind|admin)?password|passwd|pwd|secret|token|authorization|api[_-]?key)(["']?\s*[=:]\s*)("[^"\n]*"|'[^'\n]*'|[^\s,;"'{}[\]]+)/gi,
      `$1$2${removed}`,
    );
}

const formsOf = (secret: string): readonly string[] => [
  secret,
  encodeURIComponent(secret),
  Buffer.from(secret).toString('base64'),
  JSON.stringify(secret).slice(1, -1),
];

/** A line of a log for others: also without mail addresses and DNs. */
export function scrubLogLine(line: string, secrets: readonly string[]): string {
  return scrubText(line, secrets)
    .replaceAll(/[^\s"'<>(),;=:]+@[^\s"'<>(),;]+/g, removed)
    .replaceAll(/\b(uid|cn|sn|ou|dc|o|mail|sAMAccountName|entryUUID|userPrincipalName)=(?:\\.|[^\\,"'\s)\]}])+/gi, `$1=${removed}`);
}
