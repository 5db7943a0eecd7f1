// Asks a server what it is and what it really does: root DSE, subschema, and a self-test for each extension that allows one.
// RFC 4512 sections 4.2 and 5.1; RFC 5020 (entryDN); MS-ADTS 3.1.1.3.2 (root DSE of Active Directory).
import type { Connection } from './connection.ts';
import { assertion, controlOids, matchedValues, pagedResults, readPage } from './controls.ts';
import type { Capabilities } from './directory.ts';
import { formatDn, type Dn } from './dn.ts';
import type { Entry } from './entry.ts';
import { DirectoryError, resultCodes } from './error.ts';
import type { Filter } from './filter.ts';
import type { Control, SearchParameters } from './message.ts';
import { parseSchema, withActiveDirectoryRules, type DirectorySchema } from './schema.ts';
import { collect, readOne } from './search.ts';

export interface Probe {
  readonly capabilities: Capabilities;
  /** Object identifiers of the controls that the server says it knows. */
  readonly controls: ReadonlySet<string>;
}

const passwordModifyOid = '1.3.6.1.4.1.4203.1.11.1';
const activeDirectoryOid = '1.2.840.113556.1.4.800';
const freeIpaExtensions = '2.16.840.1.113730.3.8.10.';
const anyEntry: Filter = { kind: 'present', attribute: 'objectClass' };
const noEntry: Filter = { kind: 'not', filter: anyEntry };
const rootDseAttributes = 'objectClass namingContexts subschemaSubentry supportedControl supportedExtension supportedCapabilities'.split(
  ' ',
);
const vendorAttributes = ['vendorName', 'vendorVersion', 'ipaDomainLevel', 'ipaTopologyPluginVersion'];

/** @throws DirectoryError when the root DSE or the schema cannot be read; a self-test that fails only takes its capability away */
export async function probeServer(connection: Connection, baseDn: Dn): Promise<Probe> {
  const root = await readRootDse(connection);
  const vendor = detectVendor(root);
  const controls = new Set(root.texts('supportedControl'));
  const isActiveDirectory = vendor === 'active-directory' || vendor === 'samba-ad';
  const schema = await readSchema(connection, root);
  const base = formatDn(baseDn);
  const capabilities: Capabilities = {
    vendor,
    vendorVersion: root.texts('vendorVersion')[0],
    namingContexts: root.texts('namingContexts'),
    paging: controls.has(controlOids.pagedResults) && (await pagingWorks(connection, base)),
    assertion: controls.has(controlOids.assertion) && (await assertionWorks(connection, base)),
    postRead: controls.has(controlOids.postRead),
    passwordModify: root.texts('supportedExtension').includes(passwordModifyOid),
    permissiveModify: controls.has(controlOids.permissiveModify),
    matchedValues: controls.has(controlOids.matchedValues) && (await matchedValuesWorks(connection, base)),
    treeDelete: controls.has(controlOids.treeDelete),
    dnAttribute: await findDnAttribute(connection, base, isActiveDirectory ? 'distinguishedName' : 'entryDN'),
    secured: connection.secured,
    schema: isActiveDirectory ? withActiveDirectoryRules(schema) : schema,
  };
  return { capabilities, controls };
}

/** Whether the server is alive: it answers a search of its root DSE within `timeout` milliseconds. @throws DirectoryError when not */
export async function probeHealth(connection: Connection, timeout: number): Promise<void> {
  for await (const _ of connection.search(baseSearch('', anyEntry, ['1.1']), { timeout }));
}

async function readRootDse(connection: Connection): Promise<Entry> {
  const root = await readOne(connection, baseSearch('', anyEntry, [...rootDseAttributes, ...vendorAttributes]));
  if (root === undefined) throw new DirectoryError('unavailable', `${connection.url} has no root DSE`);
  return root;
}

function detectVendor(root: Entry): Capabilities['vendor'] {
  const name = root.texts('vendorName').join(' ');
  if (/samba/i.test(name)) return 'samba-ad';
  if (root.texts('supportedCapabilities').includes(activeDirectoryOid)) return 'active-directory';
  const isFreeIpa =
    root.has('ipaDomainLevel') ||
    root.has('ipaTopologyPluginVersion') ||
    root.texts('supportedExtension').some((oid) => oid.startsWith(freeIpaExtensions));
  if (isFreeIpa) return 'freeipa';
  if (/389 project/i.test(name) || root.texts('vendorVersion')[0]?.startsWith('389-') === true) return '389ds';
  return root.texts('objectClass').includes('OpenLDAProotDSE') ? 'openldap' : 'generic';
}

async function readSchema(connection: Connection, root: Entry): Promise<DirectorySchema> {
  const dn = root.texts('subschemaSubentry')[0];
  const subschema = dn === undefined ? undefined : await readOne(connection, baseSearch(dn, anyEntry, ['attributeTypes', 'objectClasses']));
  if (subschema === undefined) throw new DirectoryError('unavailable', `${connection.url} does not show its schema to the service account`);
  return parseSchema({ attributeTypes: subschema.texts('attributeTypes'), objectClasses: subschema.texts('objectClasses') });
}

function pagingWorks(connection: Connection, base: string): Promise<boolean> {
  return selfTest(connection, baseSearch(base, anyEntry, ['1.1']), pagedResults(1), ({ result }) => {
    return result.resultCode === resultCodes.success && readPage(result.controls) !== undefined;
  });
}

/** A search whose assertion is false of its base must fail with that very code. */
function assertionWorks(connection: Connection, base: string): Promise<boolean> {
  return selfTest(connection, baseSearch(base, anyEntry, ['1.1']), assertion(noEntry), ({ result }) => {
    return result.resultCode === resultCodes.assertionFailed;
  });
}

/** An entry always has object classes; asked for values of another attribute only, none may come back. */
function matchedValuesWorks(connection: Connection, base: string): Promise<boolean> {
  const noClass: Filter = { kind: 'equal', attribute: 'ou', value: 'no value of objectClass' };
  return selfTest(connection, baseSearch(base, anyEntry, ['objectClass']), matchedValues([noClass]), ({ entries, result }) => {
    return result.resultCode === resultCodes.success && entries.length === 1 && entries[0]?.has('objectClass') === false;
  });
}

/** The filter must find an entry below the base, or the base itself: that is how entries are looked up by DN in batches. */
async function findDnAttribute(
  connection: Connection,
  base: string,
  attribute: NonNullable<Capabilities['dnAttribute']>,
): Promise<Capabilities['dnAttribute']> {
  const below: SearchParameters = { ...baseSearch(base, anyEntry, ['1.1']), scope: 'sub', sizeLimit: 2, timeLimit: 5 };
  // Which one does not matter, but of the base itself the service account may see little.
  let value = base;
  await selfTest(connection, below, undefined, ({ entries }) => {
    value = entries.at(-1)?.dn ?? base;
    return true;
  });
  const filter: Filter = { kind: 'equal', attribute, value };
  const search: SearchParameters = { ...below, filter, sizeLimit: 2 };
  const works = await selfTest(
    connection,
    search,
    undefined,
    ({ entries, result }) => result.resultCode === resultCodes.success && entries.length === 1,
  );
  return works ? attribute : undefined;
}

/** A server that does not answer a self-test in time does not pass it; a lost connection is no verdict. */
async function selfTest(
  connection: Connection,
  search: SearchParameters,
  control: Control | undefined,
  isPassed: (answer: Awaited<ReturnType<typeof collect>>) => boolean,
): Promise<boolean> {
  try {
    return isPassed(await collect(connection, search, control === undefined ? {} : { controls: [control] }));
  } catch (error) {
    if (error instanceof DirectoryError && error.kind === 'timeout') return false;
    throw error;
  }
}

function baseSearch(base: string, filter: Filter, attributes: readonly string[]): SearchParameters {
  return { base, scope: 'base', filter, attributes, sizeLimit: 0, timeLimit: 0 };
}
