// What becomes of a write that is over a limit with `then: hold`: kept with its plan for an administrator, done by the next attempt after
// that was approved. RFC 9110 section 15.6.4: 503, for any 4xx counts as final with identity providers.
import { formatDn } from '../ldap/dn.ts';
import { type ChangeRecord, formatChange, mask } from '../ldap/ldif.ts';
import { ScimError } from '../scim/error.ts';
import type { ResourceType } from '../scim/schema.ts';
import { secretAttributes } from './account.ts';
import type { Backend } from './backend.ts';
import { recordOf } from './explain.ts';
import type { HeldWrite } from './holds.ts';
import { reportHold } from './journal.ts';
import type { Loss, Reservation } from './limits.ts';
import type { Plan } from './plan.ts';

/** A request that came to a plan. */
export interface HeldWriteRequest {
  readonly method: string;
  readonly type: ResourceType;
  /** Undefined: there is no resource yet. */
  readonly id: string | undefined;
  readonly operation: HeldWrite['operation'];
  readonly plan: Plan;
}

/** Seconds: an administrator has to look first. */
const retryAfterDecision = 3600;
const standardRetry = 600;

/** The reservation of a write that was approved; else the 503 that it is answered while it waits, and after it was refused. */
export function takeApproval(
  backend: Backend,
  losses: readonly Loss[],
  reason: string,
  request: (() => HeldWriteRequest) | undefined,
): Reservation | ScimError {
  const { state, observe, guards, name } = backend;
  const retryAfter = guards.holdRetryAfter ?? standardRetry;
  if (!state || !request || observe)
    return new ScimError(503, `${reason} Such a change waits for an administrator. Nothing was changed.`, { retryAfter });
  const write = heldWrite(backend, request(), losses, reason);
  const verdict = state.holds.submit(write);
  switch (verdict.kind) {
    case 'approved':
      return { release: verdict.restore, complete: () => state.holds.complete(verdict.id) };
    case 'refused':
      return new ScimError(503, `An administrator has refused this change (hold ${verdict.id}). Nothing was changed.`, {
        retryAfter: retryAfterDecision,
      });
    case 'full':
      return new ScimError(503, `${reason} Too many changes wait for an administrator already. Nothing was changed.`, { retryAfter });
    case 'waiting':
      if (verdict.isNew) reportHold(name, verdict.id, write);
      return new ScimError(503, `${reason} The change waits for an administrator (hold ${verdict.id}). Nothing was changed.`, {
        retryAfter,
      });
  }
}

function heldWrite(
  backend: Backend,
  { method, type, id, operation, plan }: HeldWriteRequest,
  losses: readonly Loss[],
  reason: string,
): HeldWrite {
  const isSecret = secretAttributes(backend, type.name);
  const steps = plan.steps.map(({ step }) => ({ kind: step.kind, text: formatStep(step, isSecret) }));
  const counted = losses.map(({ operation: kind, count }) => [kind, count]);
  const [first] = plan.steps;
  const dn = first && ('dn' in first.step ? first.step.dn : first.step.link.dn);
  // What goes along with a delete, and when it is marked, is not what was asked for.
  const changes = operation === 'delete' ? [] : steps.filter(({ kind }) => kind !== 'relink');
  return {
    client: backend.caller ?? 'unknown',
    method,
    path: `${type.endpoint}${id === undefined ? '' : `/${encodeURIComponent(id)}`}`,
    operation,
    resourceType: type.name,
    resourceId: id ?? '',
    dn: dn ? formatDn(dn) : '',
    plan: steps.map(({ text }) => text).join('\n\n'),
    essence: JSON.stringify([counted, changes]),
    reason,
  };
}

/** Values of secrets are masked, and the operation that sets a password is only named. */
function formatStep(step: Plan['steps'][number]['step'], isSecret: (attribute: string) => boolean): string {
  const record = recordOf(step);
  return record ? formatChange(maskSecrets(record, isSecret)) : '# sets the password';
}

function maskSecrets(record: ChangeRecord, isSecret: (attribute: string) => boolean): ChangeRecord {
  switch (record.changetype) {
    case 'add':
      return {
        ...record,
        attributes: [...record.attributes].map(([name, values]) => [name, isSecret(name) ? values.map(() => mask) : values] as const),
      };
    case 'modify':
      return {
        ...record,
        changes: record.changes.map((change) =>
          isSecret(change.attribute) ? { ...change, values: change.values.map(() => mask) } : change,
        ),
      };
    default:
      return record;
  }
}
