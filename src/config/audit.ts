// The section `audit`: where the journal is, and what it may hold. Paths are relative to the configuration.
import { dirname, resolve } from 'node:path';
import { parseDefinition } from '../mapping/problems.ts';
import { auditDefinition } from './definition.ts';

export interface LoadedAudit {
  /** Absolute. */
  readonly file: string;
  readonly maxBytes: number;
  readonly keep: number;
  /** Milliseconds. */
  readonly maxAge?: number | undefined;
  readonly values: 'full' | 'redacted' | 'none';
  readonly persons: 'clear' | 'fingerprint' | 'none';
}

export function loadAudit(data: unknown, from: string): LoadedAudit | undefined {
  const audit = data === undefined ? undefined : parseDefinition(auditDefinition, data).value;
  if (!audit) return undefined;
  const { file, rotate, values, persons } = audit;
  return { file: resolve(dirname(from), file), ...rotate, values, persons };
}
