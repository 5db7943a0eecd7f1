// A gateway that writes references that waited: at once when a client creates what they name, otherwise when it is asked to look.
// Written through the gateway itself, as a change by the client who left it behind: guards, limits, scope and journal as for any other.
import { DirectoryError } from '../ldap/directory.ts';
import { resourceNamed } from '../mapping/mapping.ts';
import type { Rule } from '../mapping/rule.ts';
import { ScimError } from '../scim/error.ts';
import type { ResourceType } from '../scim/schema.ts';
import { subjectOf } from './account.ts';
import type { Backend } from './backend.ts';
import type { Client } from './client.ts';
import type { Deferral } from './deferrals.ts';
import { findByOtherNames } from './deferred.ts';
import type { Answer, Gateway } from './gateway.ts';
import { reportDropped } from './journal.ts';
import { dnsOf } from './references.ts';

/** What became of references that waited. */
export interface Applied {
  readonly written: number;
  readonly dropped: number;
}

export interface DeferringGateway extends Gateway {
  /**
   * Writes what can be written now: what waits for one of these names (ids, and where the mapping compares those, other names), or all.
   * Whoever sees entries appear calls it. It does not fail: what cannot be written stays, or is dropped and reported.
   */
  applyDeferred(names?: readonly string[]): Promise<Applied>;
}

export function deferring(gateway: Gateway, backend: Backend): DeferringGateway {
  let running: Promise<unknown> = Promise.resolve();
  const applyDeferred = (names?: readonly string[]): Promise<Applied> => {
    const done = running.then(() => new DeferredRun(gateway, backend).finish(names));
    running = done.catch(() => undefined);
    return done;
  };
  return {
    ...gateway,
    applyDeferred,
    async create(client, type, body, projection) {
      const answer = await gateway.create(client, type, body, projection);
      const names = namesOf(answer, body);
      // The create is done, whatever becomes of these: what fails now is tried, and told, by the next run.
      if (backend.state && backend.state.deferrals.naming(names).length > 0) await applyDeferred(names).catch(() => undefined);
      return answer;
    },
  };
}

/** What others could have called it before it was there. */
function namesOf({ resource }: Answer, body: unknown): readonly string[] {
  const { externalId, userName } = subjectOf(body);
  return [resource?.['id'], externalId, userName].filter((name) => typeof name === 'string');
}

/** One PATCH: what one client has left to be added to one attribute of one resource. */
interface Task {
  readonly client: Client;
  readonly type: ResourceType;
  readonly rule: Rule;
  readonly deferrals: readonly { readonly deferral: Deferral; readonly id: string }[];
}

/** Outages end a run: what is left is tried by the next one. */
class Unfinished extends Error {}

class DeferredRun {
  readonly #gateway: Gateway;
  readonly #backend: Backend;
  #written = 0;
  #dropped = 0;

  constructor(gateway: Gateway, backend: Backend) {
    this.#gateway = gateway;
    this.#backend = backend;
  }

  async finish(names: readonly string[] | undefined): Promise<Applied> {
    const { state, readOnly, observe } = this.#backend;
    if (!state || readOnly || observe || !this.#gateway.ready()) return { written: 0, dropped: 0 };
    try {
      this.#expire();
      const waiting = names ? state.deferrals.naming(names) : state.deferrals.list();
      for (const task of await this.#prepare(waiting)) await this.#perform(task);
    } catch (error) {
      // The directory is away: the next run goes on.
      if (!(error instanceof Unfinished || error instanceof DirectoryError)) throw error;
    }
    return { written: this.#written, dropped: this.#dropped };
  }

  #expire(): void {
    const { state, name } = this.#backend;
    const count = state?.deferrals.expire() ?? 0;
    this.#dropped += count;
    if (count > 0) reportDropped({ directory: name, reason: 'nobody created what they name in time', count });
  }

  /** Those whose resource is there by now, as far as the client who waits for it may see it. */
  async #prepare(waiting: readonly Deferral[]): Promise<readonly Task[]> {
    const tasks: Task[] = [];
    for (const [name, own] of Map.groupBy(waiting, ({ client }) => client)) {
      const client = this.#backend.clientNamed?.(name);
      if (client) tasks.push(...(await this.#prepareFor(client, own)));
      else for (const deferral of own) this.#drop(deferral, 'the client is not configured any more');
    }
    return tasks;
  }

  async #prepareFor(client: Client, waiting: readonly Deferral[]): Promise<readonly Task[]> {
    const backend: Backend = { ...this.#backend, view: client.view, restriction: client.restriction };
    const known = waiting.flatMap((deferral) => {
      const rule = this.#ruleOf(deferral);
      return rule ? [{ deferral, rule, to: rule.to ?? [] }] : [];
    });
    const dnOf = await dnsOf(
      backend,
      known.map(({ deferral: { foreignId }, to }) => ({ id: foreignId, to })),
    );
    const tasks = new Map<string, Task>();
    for (const { deferral, rule, to } of known) {
      const { foreignId, resourceType, resourceId, attribute } = deferral;
      const isThere = dnOf(foreignId, to) !== undefined;
      const id = isThere ? foreignId : (await findByOtherNames(backend, foreignId, to, rule.deferred?.resolveBy ?? []))?.id;
      if (id === undefined) continue;
      const type = resourceNamed(this.#backend.mapping, resourceType)?.type;
      if (!type || !client.resources.includes(resourceType)) {
        this.#drop(deferral, 'the client may not use the resource type any more');
        continue;
      }
      const key = JSON.stringify([resourceId, attribute]);
      const task = tasks.get(key);
      tasks.set(key, { client, type, rule, deferrals: [...(task?.deferrals ?? []), { deferral, id }] });
    }
    return [...tasks.values()];
  }

  #ruleOf({ resourceType, attribute }: Deferral): Rule | undefined {
    const rules = resourceNamed(this.#backend.mapping, resourceType)?.rules ?? [];
    return rules.find(({ target, deferred }) => deferred && target.name === attribute);
  }

  async #perform(task: Task): Promise<void> {
    const { type, rule, deferrals } = task;
    const [first] = deferrals;
    if (!first) return;
    // To complete what it was allowed to ask for, a client need not be allowed more.
    const client: Client = { ...task.client, operations: ['read', 'create', 'update', 'delete'] };
    try {
      if (!rule.target.attribute.multiValued && (await this.#isTaken(client, type, first.deferral, rule))) {
        for (const { deferral } of deferrals) this.#drop(deferral, 'another value was written meanwhile');
        return;
      }
      await this.#gateway.patch(client, type, first.deferral.resourceId, patchOf(task), { attributes: [] }, {});
      this.#backend.state?.deferrals.remove(...deferrals.map(({ deferral }) => deferral.id));
      this.#written += deferrals.length;
    } catch (error) {
      await this.#fail(task, error);
    }
  }

  /** Somebody has decided otherwise in the directory itself. */
  async #isTaken(client: Client, type: ResourceType, { resourceId }: Deferral, { target }: Rule): Promise<boolean> {
    const { resource } = await this.#gateway.get(client, type, resourceId, { attributes: [target.name] }, {});
    const container = target.extension === undefined ? resource : resource?.[target.extension];
    return typeof container === 'object' && container !== null && target.attribute.name in container;
  }

  async #fail(task: Task, error: unknown): Promise<void> {
    const status = error instanceof ScimError ? error.status : 500;
    // A limit, or what waits for an administrator, holds up only this one; an outage everything.
    if (status === 429) return;
    if (status >= 500) {
      if (error instanceof ScimError && error.message.includes('administrator')) return;
      throw new Unfinished(undefined, { cause: error });
    }
    const [only, ...others] = task.deferrals;
    if (only && others.length > 0) for (const each of task.deferrals) await this.#perform({ ...task, deferrals: [each] });
    else if (only)
      this.#drop(only.deferral, status === 404 ? 'the resource that was to hold it is gone' : `the gateway refuses it (${status})`);
  }

  #drop({ id, client, resourceType, attribute }: Deferral, reason: string): void {
    this.#backend.state?.deferrals.remove(id);
    this.#dropped += 1;
    reportDropped({ directory: this.#backend.name, client, resourceType, attribute, reason });
  }
}

function patchOf({ rule: { target }, deferrals }: Task): object {
  const value = deferrals.map(({ id }) => ((target.sub ?? target.attribute).type === 'complex' ? { value: id } : id));
  const op = target.attribute.multiValued ? 'add' : 'replace';
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
    Operations: [{ op, path: target.name, value: target.attribute.multiValued ? value : value[0] }],
  };
}
