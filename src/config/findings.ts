// What is wrong or doubtful in the configuration, collected with its places while the sections are read, so that it is told all at once.
import type { Problem } from '../mapping/definition.ts';
import { subject } from '../mapping/problems.ts';
import type { Mistake, Place, YamlDocument, YamlPath } from '../yaml.ts';
import type { Secret, SecretContext } from './secrets.ts';

export class Findings {
  readonly #document: YamlDocument;
  readonly #mistakes: Mistake[] = [];
  readonly #warnings: Mistake[] = [];
  /** Where secrets come from; files are relative to `from`. */
  readonly context: SecretContext;

  constructor(document: YamlDocument, context: SecretContext) {
    this.#document = document;
    this.context = context;
  }

  get mistakes(): readonly Mistake[] {
    return sortMistakes(this.#mistakes);
  }

  get warnings(): readonly Mistake[] {
    return sortMistakes(this.#warnings);
  }

  locate(path: YamlPath): Place {
    return this.#document.locate(path);
  }

  refuse(path: YamlPath, message: string, options: { readonly atKey?: boolean; readonly suggestion?: string | undefined } = {}): undefined {
    this.#mistakes.push({ ...this.#document.locate(path, options.atKey), message: addSuggestion(message, options.suggestion) });
  }

  warn(path: YamlPath, message: string, options: { readonly atKey?: boolean } = {}): void {
    this.#warnings.push({ ...this.#document.locate(path, options.atKey), message });
  }

  /** Problems of this document, or of another one such as a mapping. */
  take(problems: readonly Problem[], document: YamlDocument = this.#document): void {
    for (const problem of problems) (problem.severity === 'warning' ? this.#warnings : this.#mistakes).push(toMistake(problem, document));
  }

  takeMistakes(mistakes: readonly Mistake[]): void {
    this.#mistakes.push(...mistakes);
  }

  takeSecret(secret: Secret, path: YamlPath): string | undefined {
    if (secret.warning !== undefined) this.warn(path, secret.warning);
    return secret.mistake === undefined ? secret.value : this.refuse(path, secret.mistake);
  }
}

/** The mapping compiler's predicates get their subject here. */
function toMistake(problem: Problem, document: YamlDocument): Mistake {
  const message = /^(?:is|has|must|needs)\b/.test(problem.message) ? `${subject(problem.path)} ${problem.message}` : problem.message;
  return { ...document.locate(problem.path, problem.atKey), message: addSuggestion(message, problem.suggestion) };
}

function addSuggestion(message: string, suggestion: string | undefined): string {
  if (suggestion === undefined) return message;
  return /^[\w:.-]+$/.test(suggestion) ? `${message}. Did you mean ${suggestion}?` : `${message}. Write ${suggestion}`;
}

/** By file, line and column; what two directories say of one mapping file is said once. */
function sortMistakes(mistakes: readonly Mistake[]): readonly Mistake[] {
  const unique = new Map(mistakes.map((mistake) => [`${mistake.file}:${mistake.line}:${mistake.column} ${mistake.message}`, mistake]));
  return [...unique.values()].toSorted((a, b) => compareText(a.file, b.file) || a.line - b.line || a.column - b.column);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
