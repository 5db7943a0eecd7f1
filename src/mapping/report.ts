// Collects every mistake of a mapping file with its place.
import { ScimError } from '../scim/error.ts';
import type { Problem } from './definition.ts';

export type Path = readonly (string | number)[];

/** Collects problems; `attempt` turns an exception of a parser into one. */
export class Report {
  readonly problems: Problem[] = [];

  add(path: Path, message: string, details: Omit<Problem, 'path' | 'message'> = {}): void {
    this.problems.push({ path, message, ...details });
  }

  attempt<T>(path: Path, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof SyntaxError) && !(error instanceof ScimError)) throw error;
      this.add(path, error.message);
      return undefined;
    }
  }
}
