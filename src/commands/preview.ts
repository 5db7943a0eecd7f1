// `preview`: one LDAP entry and the SCIM resource that it is, side by side, with the rule of the mapping between them.
import { loadConfig } from '../config.ts';
import { resourceNamed, type ResourceMapping } from '../mapping/mapping.ts';
import { formatComparison } from './comparison-text.ts';
import { compareEntry, type Comparison } from './comparison.ts';
import { openRehearsal, type Rehearsal, type RehearsedAnswer } from './rehearsal.ts';
import { UsageError } from './usage-error.ts';

export const preview = {
  help: `preview user NAME, preview group NAME: an entry in LDAP and in SCIM

  preview user ann.example
  preview group 3f1c…           an id does as well; so do further resource types of the mapping

  --client NAME     as this client of the configuration sees it (default: one that may do everything, dialect compat)
  --directory NAME  needed only if there are several
  --config FILE     configuration (default: config.yaml)
  --set key=value   override one key; may be repeated
  --json            for programs

Exit code 0: shown, 1: there is no such resource, 2: unusable input.`,
  options: {
    config: { type: 'string' },
    set: { type: 'string', multiple: true },
    client: { type: 'string' },
    directory: { type: 'string' },
    json: { type: 'boolean' },
  },
  positionals: true,

  async run(values: Readonly<Record<string, unknown>>, positionals: readonly string[]): Promise<number> {
    const [kind, name, ...others] = positionals;
    if (kind === undefined || name === undefined || others.length > 0)
      throw new UsageError(`Say whom: preview user NAME\n\n${preview.help}`);
    const overrides = Array.isArray(values['set']) ? values['set'].map(String) : [];
    const config = loadConfig(typeof values['config'] === 'string' ? values['config'] : 'config.yaml', { env: process.env, overrides });
    const [client, directory] = [values['client'], values['directory']].map((value) => (typeof value === 'string' ? value : undefined));
    const rehearsal = await openRehearsal(config, { client, directory });
    try {
      const found = await findComparison(rehearsal, kind, name);
      if (typeof found === 'string') {
        console.error(found);
        return 1;
      }
      console.log(values['json'] === true ? JSON.stringify(found, null, 2) : formatComparison(found));
      return 0;
    } finally {
      await rehearsal.close();
    }
  },
} as const;

/** Or why there is none. */
async function findComparison(rehearsal: Rehearsal, kind: string, name: string): Promise<Comparison | string> {
  const resource = findType(rehearsal, kind);
  const answer = await ask(rehearsal, resource, name);
  const [found, ...others] = resourcesIn(answer);
  if (found) return compareEntry(rehearsal, resource, found, others.length);
  if (answer.status >= 400 && answer.status !== 404) {
    const { reason } = rehearsal.backend.directory.status();
    return `${answer.status}: ${[detailOf(answer), reason, ...answer.failures].filter((text) => text !== undefined).join('; ')}`;
  }
  return `There is no ${resource.type.name} ${name} for ${rehearsal.client.name} in ${rehearsal.directory.name}: neither its id nor its ${keyOf(resource)}`;
}

/** `user`, `Users` and `User` are one. @throws UsageError */
function findType({ directory }: Rehearsal, kind: string): ResourceMapping {
  const { resources } = directory.mapping;
  const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
  const found = resources.find(({ type }) => same(type.name, kind) || same(type.endpoint, `/${kind}`));
  if (!found)
    throw new UsageError(
      `There is no ${kind} in ${directory.name}; there is ${resources.map(({ type }) => type.name.toLowerCase()).join(', ')}`,
    );
  return resourceNamed(directory.mapping, found.type.name) ?? found;
}

async function ask(rehearsal: Rehearsal, resource: ResourceMapping, name: string): Promise<RehearsedAnswer> {
  const endpoint = `${rehearsal.directory.path}${resource.type.endpoint}`;
  const byId = await rehearsal.send({ method: 'GET', target: `${endpoint}/${encodeURIComponent(name)}` });
  if (byId.status !== 404) return byId;
  const filter = `${keyOf(resource)} eq ${JSON.stringify(name)}`;
  return rehearsal.send({ method: 'GET', target: `${endpoint}?filter=${encodeURIComponent(filter)}` });
}

/** What people call a resource. */
function keyOf({ type, unique }: ResourceMapping): string {
  const names = new Set(type.schema.attributes.map((attribute) => attribute.name));
  return ['userName', 'displayName'].find((name) => names.has(name)) ?? unique[0]?.name ?? 'id';
}

type ScimResource = Readonly<Record<string, unknown>>;

function resourcesIn({ status, body }: RehearsedAnswer): readonly ScimResource[] {
  if (status !== 200 || typeof body !== 'object' || body === null) return [];
  return 'Resources' in body ? (body.Resources as readonly ScimResource[]) : 'id' in body ? [body as ScimResource] : [];
}

function detailOf({ body }: RehearsedAnswer): string | undefined {
  return typeof body === 'object' && body !== null && 'detail' in body ? String(body.detail) : undefined;
}
