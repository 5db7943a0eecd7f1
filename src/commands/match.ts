// `match`: how many of the people of a file exist in the directory already, and what a create of each would come to. It reads, never writes.
// RFC 7644 section 3.4.2 (a ListResponse is one form of the file).
import { readFileSync } from 'node:fs';
import { loadConfig } from '../config.ts';
import { foreseeMatch, type Outcome } from '../gateway/match.ts';
import { formatDn } from '../ldap/dn.ts';
import { resourceNamed } from '../mapping/mapping.ts';
import { ScimError } from '../scim/error.ts';
import { parseResource } from '../scim/resource.ts';
import { openRehearsal } from './rehearsal.ts';
import { UsageError } from './usage-error.ts';

export const match = {
  help: `match FILE: how many of the people of a file exist in the directory already, by the keys of \`match\` in the mapping

  FILE                  SCIM resources as the identity provider would send them: a ListResponse, a JSON array, or one JSON object per line
  --config FILE         configuration (default: config.yaml)
  --set key.path=value  override one key; may be repeated
  --directory NAME      which one, where there are several
  --client NAME         as this client reads the file, and may adopt; without it, a caller that may do everything
  --type User           the resource type (default: User)
  --list                every one of them that exists, with the DN of who it is
  --json                for programs

Nothing is written. Exit code 1 if a create would be refused, 2 if a file is unusable, else 0.`,
  options: {
    config: { type: 'string' },
    set: { type: 'string', multiple: true },
    directory: { type: 'string' },
    client: { type: 'string' },
    type: { type: 'string' },
    list: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  positionals: true,

  async run(values: Readonly<Record<string, unknown>>, [file, ...others]: readonly string[]): Promise<number> {
    if (file === undefined || others.length > 0) throw new UsageError('Say one file: match FILE');
    const bodies = readBodies(file);
    const configFile = typeof values['config'] === 'string' ? values['config'] : 'config.yaml';
    const config = loadConfig(configFile, { env: process.env, overrides: Array.isArray(values['set']) ? values['set'].map(String) : [] });
    const text = (name: string): string | undefined => (typeof values[name] === 'string' ? values[name] : undefined);
    const rehearsal = await openRehearsal(config, { client: text('client'), directory: text('directory') });
    try {
      const type = text('type') ?? 'User';
      const resource = resourceNamed(rehearsal.backend.mapping, type);
      if (!resource?.match) throw new UsageError(`The mapping has no \`match\` for ${type}`);
      const mayUpdate = rehearsal.client.allow.operations.includes('update');
      const found: Found[] = [];
      for (const [index, body] of bodies.entries()) {
        const name = nameOf(body, index);
        try {
          const wanted = parseResource(body, resource.type, rehearsal.client.dialect, () => undefined);
          found.push({ name, ...(await foreseeMatch(rehearsal.backend, resource, wanted, mayUpdate)) });
        } catch (error) {
          if (!(error instanceof ScimError)) throw error;
          found.push({ name, became: 'unusable', detail: error.message });
        }
      }
      console.log(values['json'] === true ? formatJson(found) : formatText(found, values['list'] === true));
      return found.some(({ became }) => became === 'refused' || became === 'unusable') ? 1 : 0;
    } finally {
      await rehearsal.close();
    }
  },
} as const;

type Found = { readonly name: string } & (Outcome | { readonly became: 'unusable'; readonly detail: string });

function readBodies(file: string): readonly unknown[] {
  const text = readText(file);
  const whole = tryParse(text);
  const list = typeof whole === 'object' && whole !== null && 'Resources' in whole ? whole.Resources : whole;
  if (Array.isArray(list)) return list;
  if (whole !== undefined) return [whole];
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, index) => {
      const body = tryParse(line);
      if (body === undefined) throw new UsageError(`${file}:${index + 1} is no JSON`);
      return body;
    });
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new UsageError(`${file} cannot be read`);
  }
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function nameOf(body: unknown, index: number): string {
  const name =
    typeof body === 'object' && body !== null
      ? ((body as { userName?: unknown }).userName ?? (body as { displayName?: unknown }).displayName)
      : undefined;
  return typeof name === 'string' ? name : `number ${index + 1}`;
}

const holdersOf = (found: Found): readonly string[] =>
  'match' in found && found.match ? [...found.match.inside, ...found.match.outside].map(formatDn) : [];
const reasonOf = (found: Found): string | undefined => ('detail' in found ? found.detail : found.reason);

function formatJson(found: readonly Found[]): string {
  const all = found.map((each) => ({
    name: each.name,
    became: each.became,
    reason: reasonOf(each),
    ...('match' in each && each.match && { key: each.match.key }),
    holders: holdersOf(each),
  }));
  return JSON.stringify({ resources: all }, undefined, 2);
}

const words: Readonly<Record<Found['became'], string>> = {
  new: 'are new and would be created',
  adopted: 'exist already and would be adopted',
  refused: 'exist already and would be refused (409)',
  unusable: 'cannot be read as resources',
};

function formatText(found: readonly Found[], isWhole: boolean): string {
  const counts = (Object.keys(words) as Found['became'][]).flatMap((became) => {
    const own = found.filter((each) => each.became === became);
    const byReason = Map.groupBy(own, (each) =>
      'match' in each && each.match ? `${each.match.key}${each.reason ? `: ${each.reason}` : ''}` : '',
    );
    const details = [...byReason].filter(([reason]) => reason !== '').map(([reason, those]) => `        ${those.length} by ${reason}`);
    return own.length === 0 ? [] : [`${String(own.length).padStart(6)} ${words[became]}`, ...details];
  });
  const listed = isWhole ? found.filter(({ became }) => became !== 'new') : [];
  const lines = listed.map(
    (each) => `${each.name}  ${each.became}${reasonOf(each) === undefined ? '' : ` (${reasonOf(each)})`}  ${holdersOf(each).join(' | ')}`,
  );
  return [`${String(found.length).padStart(6)} in the file`, ...counts, ...(lines.length > 0 ? ['', ...lines] : [])].join('\n');
}
