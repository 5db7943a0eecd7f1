// `init`: looks at a directory and writes the configuration and the mapping that fit it.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { ConfigError, type DirectoryConfig, loadConfig } from '../config.ts';
import { type Capabilities, type Directory, DirectoryError, openDirectory } from '../ldap/directory.ts';
import { type Dn, emptyDn, formatDn, isDn, parseDn } from '../ldap/dn.ts';
import { type Filter, parseFilter, present } from '../ldap/filter.ts';
import { type ConfigAnswers, type ConnectionAnswers, renderConfig, renderMapping } from './init/files.ts';
import { loadPreset, presetFor } from './init/preset.ts';
import { type Proposal, proposeMapping } from './init/proposal.ts';
import { countBy, surveyPopulation } from './init/survey.ts';
import { openTerminal, type Terminal } from './init/terminal.ts';
import { openProgress } from '../progress.ts';
import { UsageError } from './usage-error.ts';

type Values = Readonly<Record<string, unknown>>;

export const init = {
  help: `init: look at a directory and write config.yaml and mapping.yaml for it

  --server URL          ldaps://, ldap:// or ldapi:// URL of the directory
  --bind-dn DN          the service account; on Active Directory user@domain, too
  --password-env NAME   environment variable with its password (default: LDAP_PASSWORD)
  --password-file FILE  file with its password, instead
  --base-dn DN          where to look (default: what the server names)
  --start-tls           secure ldap:// before the bind
  --ca FILE             certificate of the authority to trust, PEM
  --client NAME         name of the first client (default: idp)
  --out DIR             where to write (default: this folder)
  --force               overwrite files that are there

On a terminal it asks for what is missing. It only reads from the directory.`,
  options: {
    server: { type: 'string' },
    'bind-dn': { type: 'string' },
    'password-env': { type: 'string' },
    'password-file': { type: 'string' },
    'base-dn': { type: 'string' },
    'start-tls': { type: 'boolean' },
    ca: { type: 'string' },
    client: { type: 'string' },
    out: { type: 'string' },
    force: { type: 'boolean' },
  },

  async run(values: Values): Promise<number> {
    return initialize(values, openTerminal(), process.env);
  },
} as const;

/** @throws UsageError */
export async function initialize(values: Values, terminal: Terminal, env: Readonly<Record<string, string | undefined>>): Promise<number> {
  const folder = text(values, 'out') ?? '.';
  const files = { config: join(folder, 'config.yaml'), mapping: join(folder, 'mapping.yaml') };
  const taken = Object.values(files).filter((file) => existsSync(file));
  if (taken.length > 0 && values['force'] !== true)
    throw new UsageError(`${taken.join(' and ')} would be overwritten: say --force, or --out another folder`);

  const connection = await askConnection(values, terminal, folder);
  const environment = await withPassword(connection, terminal, env);
  const token = randomBytes(32).toString('base64url');
  const draft: ConfigAnswers = {
    ...connection,
    type: isDn(connection.bindDn) ? 'generic' : 'active-directory',
    baseDn: text(values, 'base-dn') ?? 'dc=unknown',
    mapping: 'mapping.yaml',
    client: text(values, 'client') ?? 'idp',
    tokenHash: createHash('sha256').update(token).digest('hex'),
    expires: new Date(Date.now() + 365 * 86_400_000).toISOString().slice(0, 10),
    resources: ['User', 'Group'],
  };
  const settings = checkAnswers(draft, files.config, environment);

  const baseDn = text(values, 'base-dn') === undefined ? await findBase(settings, terminal) : settings.baseDn;
  const found = await withDirectory({ ...settings, baseDn }, (directory) => look(directory, settings.bind.dn, baseDn));
  if ('problem' in found) {
    console.error(found.problem);
    return 1;
  }
  const { vendor, preset, proposal } = found;
  mkdirSync(folder, { recursive: true });
  const flag = values['force'] === true ? 'w' : 'wx';
  writeFileSync(files.mapping, renderMapping(preset, vendor, baseDn, proposal), { flag });
  writeFileSync(files.config, renderConfig({ ...draft, type: vendor, baseDn: formatDn(baseDn), resources: proposal.resources }), { flag });
  loadConfig(files.config, { env: environment });
  console.log(farewell(files, draft, token, connection, [...proposal.notes]));
  return 0;
}

async function askConnection(values: Values, terminal: Terminal, folder: string): Promise<ConnectionAnswers> {
  const need = async (option: string, question: string, proposal?: string): Promise<string> => {
    const given = text(values, option);
    if (given !== undefined) return given;
    const answer = terminal.interactive ? await terminal.ask(question, proposal) : '';
    if (answer === '') throw new UsageError(`--${option} is missing.\n\n${init.help}`);
    return answer;
  };
  const server = await need('server', 'URL of the directory server', 'ldap://127.0.0.1:389');
  const bindDn = await need('bind-dn', 'DN of the account to look with');
  const file = text(values, 'password-file');
  const ca = text(values, 'ca');
  const fromFolder = (path: string): string => relative(resolve(folder), resolve(path)).replaceAll('\\', '/');
  return {
    server,
    bindDn,
    password: file === undefined ? { env: text(values, 'password-env') ?? 'LDAP_PASSWORD' } : { file: fromFolder(file) },
    startTls: values['start-tls'] === true,
    ca: ca === undefined ? undefined : fromFolder(ca),
  };
}

/** The environment, with the password in it that was asked for. */
async function withPassword(
  { password, bindDn }: ConnectionAnswers,
  terminal: Terminal,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Readonly<Record<string, string | undefined>>> {
  if ('file' in password || env[password.env] !== undefined) return env;
  if (!terminal.interactive)
    throw new UsageError(`The environment variable ${password.env} is not set: it should hold the password of ${bindDn}`);
  return { ...env, [password.env]: await terminal.askSecret(`Password of ${bindDn}`) };
}

/** The rules of the configuration hold for the answers, before anything is sent. @throws UsageError */
function checkAnswers(answers: ConfigAnswers, file: string, env: Readonly<Record<string, string | undefined>>): DirectoryConfig {
  try {
    const config = loadConfig(file, { env, text: renderConfig({ ...answers, mapping: 'openldap' }) });
    const [directory] = config.directories;
    if (!directory) throw new Error('a configuration has a directory');
    return directory;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new UsageError(error.mistakes.map(({ message }) => message).join('\n'));
  }
}

/** @throws UsageError where it cannot be connected to */
async function withDirectory<T>(
  { servers, bind, baseDn, tls, timeouts }: DirectoryConfig,
  work: (directory: Directory) => Promise<T>,
): Promise<T> {
  const directory = openDirectory({ servers, bind, baseDn, tls, timeouts });
  try {
    await directory.start();
    const { ready, reason } = directory.status();
    if (!ready) throw new UsageError(`No connection to ${servers.join(', ')}: ${reason ?? 'no answer'}`);
    return await work(directory);
  } catch (error) {
    if (!(error instanceof DirectoryError)) throw error;
    throw new UsageError(`The directory refused: ${error.message}${error.diagnostic === '' ? '' : ` (${error.diagnostic})`}`);
  } finally {
    await directory.close();
  }
}

/** Contexts in which a server keeps its own things. */
const ownContexts =
  /^(?:cn=(?:config|schema|monitor|changelog|accesslog)|o=netscaperoot|dc=(?:domain|forest)dnszones|cn=schema,|cn=configuration,)/i;

async function findBase(settings: DirectoryConfig, terminal: Terminal): Promise<Dn> {
  const contexts = await withDirectory({ ...settings, baseDn: emptyDn }, async (directory) => directory.capabilities().namingContexts);
  const own = contexts.filter((name) => name !== '' && !ownContexts.test(name));
  const [only, ...others] = own;
  if (only !== undefined && others.length === 0) return parseDn(only);
  const list = own.length === 0 ? 'The server names none' : `The server has ${own.join(' and ')}`;
  if (!terminal.interactive) throw new UsageError(`--base-dn is missing. ${list}.`);
  const answer = await terminal.ask(`${list}. Base DN`, only);
  if (!isDn(answer)) throw new UsageError(`This is no DN: ${answer}`);
  return parseDn(answer);
}

/** Everybody who could be a User or a Group, in a directory that is not Active Directory. */
const anyPerson = parseFilter('(|(objectClass=inetOrgPerson)(objectClass=person)(objectClass=posixAccount)(objectClass=account))');
const anyGroup = parseFilter(
  '(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=groupOfMembers)(objectClass=posixGroup))',
);

type Found =
  | { readonly problem: string }
  | { readonly vendor: Capabilities['vendor']; readonly preset: string; readonly proposal: Proposal };

async function look(directory: Directory, account: string, baseDn: Dn): Promise<Found> {
  const { vendor, schema } = directory.capabilities();
  if (!(await directory.read(baseDn, []))) return { problem: `There is no entry ${formatDn(baseDn)}, or this account may not read it.` };
  const name = presetFor(vendor);
  const preset = loadPreset(name);
  const isUniform = vendor === 'active-directory' || vendor === 'samba-ad' || vendor === 'freeipa';
  const filterOf = (type: 'User' | 'Group') => parseFilter(preset.resources[type]?.search.filter ?? '(objectClass=*)');
  const but = isDn(account) ? parseDn(account) : undefined;
  const progress = openProgress();
  const survey = (what: string, filter: Filter, except: Dn | undefined) => {
    progress.begin(`looking for ${what}`);
    return surveyPopulation(directory, baseDn, filter, except, progress.count).finally(progress.end);
  };
  const people = await survey('people', isUniform ? filterOf('User') : anyPerson, but);
  const groups = await survey('groups', isUniform ? filterOf('Group') : anyGroup, undefined);
  const hasFolder = async (type: 'User' | 'Group'): Promise<boolean> => {
    const dn = preset.resources[type]?.search.bases[0]?.dn.replaceAll('{baseDn}', formatDn(baseDn));
    return dn !== undefined && (await directory.read(parseDn(dn), [])) !== undefined;
  };
  const proposal = proposeMapping({
    preset,
    schema,
    baseDn,
    people,
    groups,
    isUniform,
    hasFolder: { people: await hasFolder('User'), groups: await hasFolder('Group') },
    trustsMemberOf: vendor === 'openldap' && people.filled.has('memberof'),
  });
  return proposal ? { vendor, preset: name, proposal } : { problem: await describeNobody(directory, baseDn) };
}

async function describeNobody(directory: Directory, baseDn: Dn): Promise<string> {
  const search = { base: baseDn, scope: 'sub', filter: present('objectClass'), attributes: ['objectClass'], limit: 1000 } as const;
  const found: (readonly string[])[] = [];
  for await (const entry of directory.search(search)) found.push(entry.texts('objectClass'));
  const classes = [...countBy(found, (names) => names)].map(([name, n]) => `${name} (${n})`);
  return `No people were found below ${formatDn(baseDn)}. The object classes there: ${classes.join(', ') || 'none that this account may read'}.`;
}

function farewell(
  files: { readonly config: string; readonly mapping: string },
  { client }: ConfigAnswers,
  token: string,
  { password }: ConnectionAnswers,
  notes: readonly string[],
): string {
  const command = process.env['npm_lifecycle_event'] === 'gateway' ? 'npm run gateway --' : 'ldap-scim-gateway';
  return `${notes.join('\n')}

Written: ${files.config} and ${files.mapping}

Token of the client ${client}, shown this once; only its hash is in the file:

  ${token}

Next:
${'env' in password ? `\n  export ${password.env}=…` : ''}
  ${command} check --config ${files.config}
  ${command} preview user NAME --config ${files.config}
  ${command} explain 'GET /Users?count=1' --config ${files.config}
  ${command} serve --config ${files.config}
`;
}

function text(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
