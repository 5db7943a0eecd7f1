// Secrets come from the environment or from files, never from the configuration itself, so that it can be shown and versioned.
// RFC 6750 section 2.1 says what a bearer token can look like.
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { createSecureContext } from 'node:tls';

export interface SecretSource {
  readonly env?: string | undefined;
  readonly file?: string | undefined;
}

export interface SecretContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The file that names the secret: paths are relative to it. */
  readonly from: string;
}

/** What was found: a value or why there is none, and what the operator should know. `key` is the part of the source that is meant. */
export interface Secret {
  readonly key: 'env' | 'file';
  readonly value?: string;
  readonly mistake?: string;
  readonly warning?: string;
}

/** One line feed (or CR LF) at the end of a file is no part of the secret. */
export function readSecret(source: SecretSource, context: SecretContext): Secret {
  if (source.file !== undefined) return readSecretFile(source.file, context.from);
  const name = source.env ?? '';
  const value = Object.hasOwn(context.env, name) ? context.env[name] : undefined;
  if (value === undefined) return { key: 'env', mistake: `the environment variable ${name} is not set` };
  return value === '' ? { key: 'env', mistake: `the environment variable ${name} is empty` } : { key: 'env', value };
}

function readSecretFile(file: string, from: string): Secret {
  const text = readTextFile(file, from);
  if ('mistake' in text) return { key: 'file', mistake: text.mistake };
  const value = text.value.replace(/\r?\n$/, '');
  if (value === '') return { key: 'file', mistake: `the file ${text.path} is empty` };
  return { key: 'file', value, ...(isWorldReadable(text.path) && { warning: describeWorldReadable(text.path) }) };
}

/** PEM text for TLS; `key` files are secrets. */
export function readPemFile(file: string, from: string, kind: 'certificate' | 'key'): Secret {
  const text = readTextFile(file, from);
  if ('mistake' in text) return { key: 'file', mistake: text.mistake };
  const label = kind === 'key' ? /-----BEGIN [A-Z ]*PRIVATE KEY-----/ : /-----BEGIN (?:TRUSTED )?CERTIFICATE-----/;
  if (!label.test(text.value)) return { key: 'file', mistake: `the file ${text.path} holds no PEM ${kind}` };
  return {
    key: 'file',
    value: text.value,
    ...(kind === 'key' && isWorldReadable(text.path) && { warning: describeWorldReadable(text.path) }),
  };
}

function readTextFile(file: string, from: string): { readonly path: string; readonly value: string } | { readonly mistake: string } {
  const path = resolve(dirname(from), file);
  try {
    return { path, value: readFileSync(path, 'utf8') };
  } catch (error) {
    return { mistake: `the file ${path} cannot be read: ${describeFileError(error)}` };
  }
}

export function describeFileError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return fileErrors.get(code) ?? (error instanceof Error ? error.message : String(error));
}

const fileErrors: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['EACCES', 'permission denied'],
  ['EISDIR', 'it is a directory'],
]);

function isWorldReadable(path: string): boolean {
  return process.platform !== 'win32' && (statSync(path).mode & 0o004) !== 0;
}

function describeWorldReadable(path: string): string {
  return `everybody on this machine can read ${path}: chmod o-r`;
}

/** Why a certificate and a key cannot be used together, as a predicate; undefined if they can. */
export function judgeKeyPair(cert: string, key: string): string | undefined {
  try {
    createSecureContext({ cert, key });
    return undefined;
  } catch (error) {
    return `cannot be used with the certificate of \`cert\`: ${error instanceof Error ? error.message : String(error)}`;
  }
}

const shortestToken = 16;

/** Why a text is no usable bearer token, as a predicate; undefined if it is one. */
export function judgeToken(token: string): string | undefined {
  if (token.length < shortestToken)
    return `holds a token of ${token.length} characters: at least ${shortestToken} are needed, for example from \`openssl rand -hex 32\``;
  return /^[\x21-\x7e]+$/.test(token)
    ? undefined
    : 'holds a token with blanks, line breaks or non-ASCII characters, which no client can send';
}

export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
