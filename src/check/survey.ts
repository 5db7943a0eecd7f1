// Looks at a live directory for `check`: bases, counts, values, look-ups. Reads only, and no more than its bounds allow.
// RFC 4511 section 4.5; what is found is judged in mapping/lint.ts.
import { randomUUID } from 'node:crypto';
import type { DirectoryConfig } from '../config.ts';
import { type Directory, DirectoryError } from '../ldap/directory.ts';
import { type Dn, dnKey, formatDn, parseDn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import { and, equal, present, type Value } from '../ldap/filter.ts';
import { compileCodec, defaultCodec } from '../mapping/codec.ts';
import {
  codecName,
  type Facts,
  type ResourceFacts,
  type ResourceUses,
  type ServerFacts,
  type Use,
  useKey,
  type ValueFacts,
} from '../mapping/lint.ts';
import { readConfiguration } from './configuration.ts';
import { askRights, type RightsOptions } from './effective-rights.ts';

export interface SurveyOptions extends RightsOptions {
  /** Entries of each resource type that are read at most. */
  readonly entries: number;
  /** Is told what is looked at, and how much of it by now. */
  readonly onProgress?: (what: string, done?: number) => void;
}

/** Different values of one attribute that are remembered at most, where they are counted one by one. */
const mostValues = 1_000;
/** From this many entries on, look-ups are timed. */
const largeEnough = 2_000;
const anyEntry = present('objectClass');
const noSuchObject = 32;
const limits: ReadonlySet<number> = new Set([3, 4, 11]);

/** @throws DirectoryError when the directory goes away meanwhile */
export async function surveyDirectory(
  directory: Directory,
  config: DirectoryConfig,
  resources: readonly ResourceUses[],
  options: SurveyOptions,
): Promise<Facts> {
  const { vendor, paging, passwordModify, secured } = directory.capabilities();
  options.onProgress?.('reading the configuration of the server');
  const configuration = await readConfiguration(directory, config.baseDn, resources);
  const server: ServerFacts = {
    vendor,
    paging,
    passwordModify,
    secured,
    encrypted: isEncrypted(config),
    ...(configuration && { configuration }),
  };
  const found = new Map<string, ResourceFacts>();
  for (const resource of resources) found.set(resource.name, await surveyResource(directory, config, resource, server, options));
  const placeholders = [];
  for (const { name, mapping } of resources) {
    const dn = mapping.membership?.placeholder;
    const entry = dn && (await readOrNothing(directory, dn, ['objectClass', 'userPassword']));
    if (dn && entry)
      placeholders.push({
        path: ['resources', name, 'membership', 'empty', 'placeholder'],
        dn: formatDn(dn),
        objectClasses: entry.texts('objectClass'),
        hasPassword: entry.has('userPassword'),
      });
  }
  return { server, resources: found, missing: await findMissing(directory, resources), placeholders };
}

const isEncrypted = ({ servers, tls }: DirectoryConfig): boolean => tls.startTls || servers.every((url) => !url.startsWith('ldap://'));

async function findMissing(directory: Directory, resources: readonly ResourceUses[]): Promise<Facts['missing']> {
  const places = resources.flatMap(({ name, mapping }) => [
    ...mapping.scope.bases.map(({ dn }, i) => ({ path: ['resources', name, 'search', 'bases', i, 'dn'], dn })),
    ...(mapping.create?.placement ?? []).map(({ base }, i) => ({ path: ['resources', name, 'create', 'placement', i, 'base'], dn: base })),
  ]);
  const missing = [];
  for (const { path, dn } of places) if (!(await readOrNothing(directory, dn, []))) missing.push({ path, dn: formatDn(dn) });
  return missing;
}

/** What the bind account may not see is not there, as far as the gateway is concerned. */
async function readOrNothing(directory: Directory, dn: Dn, attributes: readonly string[]): Promise<Entry | undefined> {
  try {
    return await directory.read(dn, attributes);
  } catch (error) {
    if (error instanceof DirectoryError && error.resultCode !== undefined) return undefined;
    throw error;
  }
}

async function surveyResource(
  directory: Directory,
  config: DirectoryConfig,
  resource: ResourceUses,
  server: ServerFacts,
  options: SurveyOptions,
): Promise<ResourceFacts> {
  const tally = new Tally(directory, resource);
  const noteProgress = options.onProgress ?? (() => undefined);
  const cut = await walk(directory, resource, options.entries, tally, (done) => noteProgress(`reading ${resource.name} entries`, done));
  noteProgress(`asking for rights and look-ups of ${resource.name}`);
  const complete = cut === undefined && tally.entries < options.entries;
  const around = tally.entries === 0 ? await countAround(directory, resource, options.entries) : undefined;
  const sample = tally.sample;
  const { rights, allowed } = sample ? await askRights(directory, config, resource, sample, options) : {};
  const lookups = tally.entries >= largeEnough && !server.configuration ? await timeLookups(directory, config, resource) : undefined;
  return {
    entries: tally.entries,
    complete,
    around,
    cut,
    withoutId: tally.withoutId,
    present: tally.present,
    values: tally.values,
    duplicates: tally.duplicates(),
    ...(rights && { rights }),
    ...(allowed && { allowed }),
    ...(lookups && { lookups }),
  };
}

/** Reads the entries in scope; the result code of a server that does not give them all. */
async function walk(
  directory: Directory,
  { mapping }: ResourceUses,
  most: number,
  tally: Tally,
  onEntry: (done: number) => void,
): Promise<number | undefined> {
  const seen = mapping.scope.bases.length > 1 ? new Set<string>() : undefined;
  for (const { dn, scope } of mapping.scope.bases) {
    try {
      for await (const entry of directory.search({
        base: dn,
        scope,
        filter: mapping.scope.filter,
        attributes: tally.attributes,
        limit: most,
      })) {
        if (tally.entries >= most) return undefined;
        const key = seen && dnKey(parseDn(entry.dn));
        if (key !== undefined && seen?.has(key)) continue;
        if (key !== undefined) seen?.add(key);
        tally.take(entry);
        onEntry(tally.entries);
      }
    } catch (error) {
      if (!(error instanceof DirectoryError) || error.resultCode === undefined) throw error;
      if (limits.has(error.resultCode)) return error.resultCode;
      if (error.resultCode !== noSuchObject) throw error;
    }
  }
  return undefined;
}

async function countAround(directory: Directory, { mapping }: ResourceUses, most: number): Promise<number> {
  let entries = 0;
  for (const { dn, scope } of mapping.scope.bases) {
    try {
      for await (const _ of directory.search({ base: dn, scope, filter: anyEntry, attributes: [], limit: most })) entries += 1;
    } catch (error) {
      if (!(error instanceof DirectoryError) || error.resultCode === undefined) throw error;
    }
  }
  return entries;
}

/** What the entries in scope have in common, counted while they go by. */
class Tally {
  readonly attributes: readonly string[];
  readonly values = new Map<string, ValueFacts & { several: number; readonly foreign: Map<string, number> }>();
  readonly present = new Map<string, number>();
  entries = 0;
  withoutId = 0;
  /** The first entry with an id. */
  sample: Entry | undefined;
  readonly #resource: ResourceUses;
  readonly #watched: readonly { readonly use: Use; readonly key: string; readonly isForeign: ((octets: Buffer) => boolean) | undefined }[];
  readonly #unique = new Map<string, Map<string, number>>();

  constructor(directory: Directory, resource: ResourceUses) {
    const { schema } = directory.capabilities();
    this.#resource = resource;
    const read = resource.uses.filter((use) => use.reads && use.role !== 'membership' && schema.attribute(use.ldap));
    this.attributes = [...new Set([resource.mapping.id.ldap, ...read.map((use) => use.ldap)])];
    this.#watched = read
      .filter(({ role }) => role === 'value' || role === 'text')
      .map((use) => ({ use, key: useKey(use), isForeign: foreignTest(use) }));
    for (const reference of resource.mapping.unique) {
      const use = read.find((candidate) => candidate.target?.name === reference.name);
      if (use) this.#unique.set(use.ldap.toLowerCase(), new Map());
    }
  }

  take(entry: Entry): void {
    this.entries += 1;
    const { id } = this.#resource.mapping;
    if (entry.has(id.ldap)) this.sample ??= entry;
    else this.withoutId += 1;
    for (const name of entry.names()) add(this.present, name, 1);
    for (const { use, key, isForeign } of this.#watched) {
      const values = entry.octets(use.ldap);
      if (values.length === 0) continue;
      const several = !use.many && values.length > 1 && isForeign === undefined;
      const foreign = isForeign ? new Set(values.filter(isForeign).map((octets) => octets.toString())) : [];
      if (!several && [...foreign].length === 0) continue;
      const seen = this.values.get(key) ?? { several: 0, foreign: new Map<string, number>() };
      if (several) seen.several += 1;
      for (const value of foreign) add(seen.foreign, value, 1);
      this.values.set(key, seen);
    }
    for (const [ldap, counts] of this.#unique)
      for (const value of new Set(entry.texts(ldap).map((text) => text.trim().toLowerCase())))
        counts.set(value, (counts.get(value) ?? 0) + 1);
  }

  duplicates(): ReadonlyMap<string, ReadonlyMap<string, number>> {
    return new Map(
      [...this.#unique].map(
        ([ldap, counts]) => [ldap, new Map([...counts].filter(([, entries]) => entries > 1).slice(0, mostValues))] as const,
      ),
    );
  }
}

function add(counts: Map<string, number>, value: string, by: number): void {
  if (counts.has(value) || counts.size < mostValues) counts.set(value, (counts.get(value) ?? 0) + by);
}

/** Codecs that leave the values of others alone by design (a prefix) have no foreign values to tell of. */
function foreignTest(use: Use): ((octets: Buffer) => boolean) | undefined {
  if (use.role !== 'value' || ['string', 'prefix', 'split', 'presence', 'base64', 'dn'].includes(codecName(use))) return undefined;
  if (use.codec?.bit) return (octets) => !/^-?\d{1,10}$/.test(octets.toString());
  const codec = use.codec ? compileCodec(use.codec) : defaultCodec(use.type);
  // Filetime and days have values that mean "never": absent, not wrong.
  if (!codec || codec.name === 'filetime' || codec.name === 'epochDays') return undefined;
  return (octets) => codec.decode(octets) === undefined;
}

/** The time of a search for a value that nobody has: short where there is an index. */
async function timeLookups(
  directory: Directory,
  config: DirectoryConfig,
  { uses, mapping }: ResourceUses,
): Promise<ReadonlyMap<string, number>> {
  const times = new Map<string, number>();
  const [base] = mapping.scope.bases;
  const asked = uses.filter(
    (use) =>
      use.role === 'id' ||
      use.role === 'membership' ||
      (use.role === 'value' && use.reads && mapping.unique.some(({ name }) => name === use.target?.name)) ||
      use.label === 'externalId' ||
      /^emails\b.*value$/.test(use.label),
  );
  for (const use of base ? asked : []) {
    const value = nobodysValue(use, config.baseDn);
    if (value === undefined || times.has(use.ldap.toLowerCase())) continue;
    const begin = performance.now();
    try {
      for await (const _ of directory.search({
        base: base?.dn ?? config.baseDn,
        scope: base?.scope ?? 'sub',
        filter: and([mapping.scope.filter, equal(use.ldap, value)]),
        attributes: [],
        limit: 1,
      }));
    } catch (error) {
      if (!(error instanceof DirectoryError)) throw error;
    }
    times.set(use.ldap.toLowerCase(), performance.now() - begin);
  }
  return times;
}

function nobodysValue(use: Use, baseDn: Dn): Value | undefined {
  const id = randomUUID();
  if (use.role === 'membership') return formatDn({ rdns: [[{ type: 'cn', value: id }], ...baseDn.rdns] });
  try {
    return (use.codec ? compileCodec(use.codec) : undefined)?.encode(id) ?? id;
  } catch {
    return undefined;
  }
}
