// Runs plans: step by step, undoing on failure, planning again when somebody was faster, one request at a time per entry.
// Prepare, plan, execute, and on conflict prepare again, three times at the most: nowhere else is a write tried twice.
import { performance } from 'node:perf_hooks';
import { type Directory, DirectoryError } from '../ldap/directory.ts';
import { dnKey, formatRdn, type Rdn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import type { ResourceType } from '../scim/schema.ts';
import { invalidValue, preconditionFailed, ScimError, unavailable } from '../scim/error.ts';
import { noteStep, secretAttributes } from './account.ts';
import type { Backend } from './backend.ts';
import { translateError } from './errors.ts';
import { describeSteps, reportDangling, reportWrite, type WriteReport } from './journal.ts';
import { type Loss, type Reservation, reserve } from './limits.ts';
import { relink } from './links.ts';
import type { Plan, Step } from './plan.ts';

/**
 * Result codes that say that the facts behind a plan are no longer true: noSuchAttribute, attributeOrValueExists, noSuchObject,
 * objectClassViolation (the last member left meanwhile), assertionFailed.
 */
export const staleFacts: ReadonlySet<number> = new Set([16, 20, 32, 65, 122]);

const attempts = 3;

export interface Execution {
  readonly backend: Backend;
  readonly type: ResourceType;
  /** Of the resource, where there is one already. */
  readonly id?: string;
  readonly operation: 'add' | 'update' | 'delete';
  /** Of the request, for what is held; by the operation where absent. */
  readonly method?: string;
  /** Attributes to answer with, when the server can (RFC 4527). */
  readonly postRead?: readonly string[];
  /** A false assertion is the client's to know (If-Match) instead of a reason to plan again. */
  readonly conditional?: boolean;
  /** Result codes after which it is prepared again. */
  readonly retryOn?: ReadonlySet<number>;
}

/** The entry after the last step where the server gave it. @throws DirectoryError */
async function executePlan(plan: Plan, { backend: { directory }, postRead }: Execution): Promise<Entry | undefined> {
  const done: Step[] = [];
  let entry: Entry | undefined;
  for (const [i, { step, undo }] of plan.steps.entries()) {
    try {
      const last = i === plan.steps.length - 1;
      noteStep(step);
      entry = await executeStep(directory, step, last ? postRead : undefined);
      if (undo) done.unshift(undo);
    } catch (error) {
      // The entry is gone for good: a value elsewhere that still names it is hidden, and reported.
      if (step.kind === 'relink' && plan.result === undefined) {
        reportDangling(error);
        continue;
      }
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
      throw new AggregateError([cause, error], 'A change failed half-way and could not be undone', { cause: error });
    }
  }
}

function executeStep(directory: Directory, step: Step, postRead: readonly string[] | undefined): Promise<Entry | undefined> {
  const options = { ...('assertion' in step && step.assertion && { assertion: step.assertion }), ...(postRead && { postRead }) };
  switch (step.kind) {
    case 'add':
      return directory.add(step.dn, step.attributes, options).catch(explainLongName(step.dn.rdns[0] ?? []));
    case 'modify':
      return directory.modify(step.dn, step.changes, options);
    case 'rename':
      return directory
        .move(step.dn, step.rdn, { ...options, ...(step.superior && { superior: step.superior }) })
        .catch(explainLongName(step.rdn));
    case 'delete':
      return directory.delete(step.dn, options).then(() => undefined);
    case 'setPassword':
      return directory.setPassword(step.dn, step.password).then(() => undefined);
    case 'relink':
      return relink(directory, step.link, step.from, step.to).then(() => undefined);
  }
}

/** Octets of an RDN that every server takes. OpenLDAP answers `other` to one that does not fit into the keys of its index. */
const safeName = 200;

function explainLongName(rdn: Rdn): (error: unknown) => never {
  return (error) => {
    const isTooLong = error instanceof DirectoryError && error.resultCode === 80 && Buffer.byteLength(formatRdn(rdn)) > safeName;
    throw isTooLong ? invalidValue('The name is too long for the directory', { cause: error }) : error;
  };
}

/** What a request will do, and what it will be answered. */
export interface Prepared<T> {
  readonly plan: Plan;
  /** Makes the answer from the entry after the write, where the server gave it. */
  readonly answer: (entry: Entry | undefined) => Promise<T>;
  /** What is taken away, for the limits. */
  readonly losses?: readonly Loss[];
  /** Looks up what the answer will need and the steps do not change, while they are executed. What fails there is looked up again. */
  readonly meanwhile?: () => Promise<unknown>;
  /** The answer if the plan was executed, for where it is not; absent: it cannot be known (the id of a new entry). */
  readonly foreseen?: { readonly answer: () => Promise<T> };
  /** The steps lead to the same state however often they run: they may run although it is unknown whether they did. */
  readonly repeatable?: boolean;
}

/** @param previous why the attempt before did not succeed; what it may have done is part of the facts now */
export type Prepare<T> = (previous?: DirectoryError) => Promise<Prepared<T>>;

/**
 * Prepares, executes, and on conflict prepares again. After a write whose outcome is unknown it prepares once more to look: a plan with
 * nothing left to do means that it was done; it is never repeated blindly. What came to a plan is reported once, however often it was tried.
 * @throws ScimError
 */
export async function runWrite<T>(execution: Execution, prepare: Prepare<T>): Promise<T> {
  const { backend, operation, type } = execution;
  const noted: Noted = { id: execution.id, steps: [], result: undefined, resultCode: undefined };
  const started = performance.now();
  try {
    const answer = await tryWrite(execution, prepare, noted);
    noted.id ??= idIn(answer);
    return answer;
  } finally {
    const { result, ...rest } = noted;
    if (result)
      reportWrite({
        directory: backend.name,
        operation: operation === 'add' ? 'create' : operation,
        resourceType: type.name,
        ...rest,
        result,
        ms: Math.round(performance.now() - started),
      });
  }
}

/** What is known of a write so far. */
type Noted = { -readonly [name in 'id' | 'steps' | 'resultCode']: WriteReport[name] } & { result: WriteReport['result'] | undefined };

async function tryWrite<T>(execution: Execution, prepare: Prepare<T>, noted: Noted): Promise<T> {
  const { backend, type, operation, conditional, retryOn = staleFacts } = execution;
  let previous: DirectoryError | undefined;
  // What a write with an unknown outcome has counted stays counted until it is seen not to be done.
  let unsettled: Reservation | undefined;
  for (let attempt = 1; ; attempt++) {
    // What was looked up may be why it did not succeed.
    if (previous) backend.lookups?.forget();
    const { plan, answer, losses = [], meanwhile, foreseen, repeatable } = await translated(execution, () => prepare(previous));
    const isLeft = plan.steps.length > 0;
    if (isLeft) {
      unsettled?.release();
      unsettled = undefined;
      Object.assign(noted, { steps: describeSteps(plan, secretAttributes(backend, type.name)), result: 'failed', resultCode: undefined });
      if (previous?.outcomeUnknown && !repeatable) throw unavailable(5, previous);
    }
    const reservation = isLeft ? await reserveFor(execution, plan, losses, noted) : undefined;
    backend.onPlan?.(plan);
    if (backend.observe) {
      noted.result = 'observed';
      return translated(execution, () => foresee(foreseen));
    }
    try {
      const entry = await executeMeanwhile(plan, execution, isLeft ? meanwhile : undefined);
      noted.result = isLeft || previous?.outcomeUnknown ? 'done' : 'nothing to do';
      if (noted.result === 'nothing to do') noted.steps = [];
      (reservation ?? unsettled)?.complete();
      return await translated(execution, () => answer(entry));
    } catch (error) {
      // What is left half-way is counted.
      if (isUnknown(error)) unsettled = reservation;
      else if (noted.result !== 'done' && !(error instanceof AggregateError)) reservation?.release();
      else reservation?.complete();
      if (!(error instanceof DirectoryError)) throw error;
      Object.assign(noted, { result: error.outcomeUnknown ? 'unknown' : 'failed', resultCode: error.resultCode });
      if (conditional && error.resultCode === 122) throw preconditionFailed();
      const again = error.outcomeUnknown || retryOn.has(error.resultCode ?? -1);
      if (!again || attempt >= attempts) {
        unsettled?.complete();
        throw translateError(error, operation);
      }
      previous = error;
    }
  }
}

/** The entry after the last step where the server gave it. @throws DirectoryError what fails of the plan; looking up may fail */
async function executeMeanwhile(plan: Plan, execution: Execution, lookUp: Prepared<unknown>['meanwhile']): Promise<Entry | undefined> {
  const [executed] = await Promise.allSettled([executePlan(plan, execution), lookUp?.()]);
  if (executed.status === 'rejected') throw executed.reason;
  const written = plan.steps.flatMap(({ step }) => ('dn' in step ? [step.dn] : []));
  execution.backend.lookups?.noteWritten([...written, ...(plan.result ? [plan.result] : [])].map(dnKey));
  return executed.value;
}

async function reserveFor(execution: Execution, plan: Plan, losses: readonly Loss[], noted: Noted): Promise<Reservation> {
  const { backend, type, id, operation, method = methods[operation] } = execution;
  const request = () => ({ method, type, id, operation: operation === 'add' ? ('create' as const) : operation, plan });
  try {
    return await translated(execution, () => reserve(backend, losses, request));
  } catch (error) {
    if (error instanceof ScimError && (error.status === 429 || error.status === 503)) noted.result = 'refused';
    throw error;
  }
}

const methods = { add: 'POST', update: 'PATCH', delete: 'DELETE' } as const;

const isUnknown = (error: unknown): boolean => error instanceof DirectoryError && error.outcomeUnknown;

/** Of a resource that an answer is made from. */
const idIn = (answer: unknown): string | undefined =>
  typeof answer === 'object' && answer !== null && 'id' in answer && typeof answer.id === 'string' ? answer.id : undefined;

/** Updates are answered as if done; what cannot be foreseen was not done, and says so (`mode: observe`). */
async function foresee<T>(foreseen: Prepared<T>['foreseen']): Promise<T> {
  if (!foreseen) throw new ScimError(503, 'The gateway only observes: nothing is created', { retryAfter: 3600 });
  return foreseen.answer();
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
