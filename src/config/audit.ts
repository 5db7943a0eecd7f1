// The section `audit`: where the audit log is. Paths are relative to the configuration.
import { dirname, resolve } from 'node:path';
import { parseDefinition } from '../mapping/problems.ts';
import { auditDefinition } from './definition.ts';

export interface LoadedAudit {
  /** Absolute. */
  readonly file: string;
  readonly maxBytes: number;
  readonly keep: number;
}

export function loadAudit(data: unknown, from: string): LoadedAudit | undefined {
  const audit = data === undefined ? undefined : parseDefinition(auditDefinition, data).value;
  return audit && { file: resolve(dirname(from), audit.file), ...audit.rotate };
}
