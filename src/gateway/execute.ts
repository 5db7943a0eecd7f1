// Runs plans: step by step, undoing on failure, planning again when somebody was faster, one request at a time per entry.
// Decisions, "Writes": prepare -> plan -> execute -> on conflict prepare again, three times, in one place.
import { type Directory, DirectoryError } from '../ldap/directory.ts';
import type { Entry } from '../ldap/entry.ts';
import { preconditionFailed, unavailable } from '../scim/error.ts';
import type { Plan, Step } from './plan.ts';
import { translateError } from './errors.ts';

/** Thrown by a preparation or an execution whose facts have changed meanwhile: prepare again. */
export class Conflict extends Error {
  override readonly name = 'Conflict';
}

/** Result codes that say that the facts behind a plan are no longer true: noSuchAttribute, attributeOrValueExists, noSuchObject, assertionFailed. */
const conflicts = new Set([16, 20, 32, 122]);

const attempts = 3;

export interface Execution {
  readonly directory: Directory;
  readonly operation: 'add' | 'update' | 'delete';
  /** Attributes to answer with, when the server can (RFC 4527). */
  readonly postRead?: readonly string[];
  /** A false assertion is the client's to know (If-Match) instead of a reason to plan again. */
  readonly conditional?: boolean;
}

/** The entry after the last step where the server gave it. @throws DirectoryError */
export async function executePlan(plan: Plan, { directory, postRead }: Execution): Promise<Entry | undefined> {
  const done: Step[] = [];
  let entry: Entry | undefined;
  for (const [i, { step, undo }] of plan.steps.entries()) {
    try {
      const last = i === plan.steps.length - 1;
      entry = await executeStep(directory, step, last ? postRead : undefined);
      if (undo) done.unshift(undo);
    } catch (error) {
      // What an unknown outcome left behind is looked at by the next preparation, not undone blindly.
      if (!(error instanceof DirectoryError && error.outcomeUnknown)) await undoSteps(directory, done, error);
      throw error;
    }
  }
  return entry;
}

async function undoSteps(directory: Directory, steps: readonly Step[], cause: unknown): Promise<void> {
  for (const step of steps) {
    try {
      await executeStep(directory, step, undefined);
    } catch (error) {
      throw new AggregateError([cause, error], 'A change failed half-way and could not be undone');
    }
  }
}

function executeStep(directory: Directory, step: Step, postRead: readonly string[] | undefined): Promise<Entry | undefined> {
  const options = { ...('assertion' in step && step.assertion && { assertion: step.assertion }), ...(postRead && { postRead }) };
  switch (step.kind) {
    case 'add':
      return directory.add(step.dn, step.attributes, options);
    case 'modify':
      return directory.modify(step.dn, step.changes, options);
    case 'rename':
      return directory.move(step.dn, step.rdn, options);
    case 'delete':
      return directory.delete(step.dn, options).then(() => undefined);
    case 'setPassword':
      return directory.setPassword(step.dn, step.password).then(() => undefined);
  }
}

export interface Prepared<T> {
  readonly plan: Plan;
  /** Makes the answer from the entry after the write, where the server gave it. */
  readonly answer: (entry: Entry | undefined) => Promise<T>;
}

/**
 * Prepares, executes, and on conflict prepares again. After a write whose outcome is unknown it prepares once more to look: a plan with
 * nothing left to do means that it was done; it is never repeated blindly.
 * @throws ScimError
 */
export async function runWrite<T>(execution: Execution, prepare: () => Promise<Prepared<T>>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const { plan, answer } = await translated(execution, prepare);
    let entry: Entry | undefined;
    try {
      entry = await executePlan(plan, execution);
    } catch (error) {
      if (error instanceof DirectoryError && error.outcomeUnknown) return await lookAfter(execution, prepare, error);
      if (!isConflict(error)) throw translateError(error, execution.operation);
      if (execution.conditional && (error as DirectoryError).resultCode === 122) throw preconditionFailed();
      if (attempt >= attempts) throw translateError(error, execution.operation);
      continue;
    }
    return translated(execution, () => answer(entry));
  }
}

async function lookAfter<T>(execution: Execution, prepare: () => Promise<Prepared<T>>, error: DirectoryError): Promise<T> {
  const now = await translated(execution, prepare);
  if (now.plan.steps.length > 0) throw unavailable(5, error);
  return translated(execution, () => now.answer(undefined));
}

function isConflict(error: unknown): boolean {
  return error instanceof Conflict || (error instanceof DirectoryError && error.kind === 'result' && conflicts.has(error.resultCode ?? -1));
}

async function translated<T>({ operation }: Execution, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // A search base or an entry that is gone while preparing is a matter of reading.
    throw translateError(error, operation === 'add' ? 'read' : operation);
  }
}

/** Runs tasks with one key one after the other, in the order of arrival. */
export class Queues {
  readonly #tails = new Map<string, Promise<unknown>>();

  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const own = before.then(task, task);
    const tail = own.then(
      () => undefined,
      () => undefined,
    );
    this.#tails.set(key, tail);
    try {
      return await own;
    } finally {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    }
  }
}
