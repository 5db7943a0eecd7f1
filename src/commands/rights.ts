// `rights`: the least that the gateway's account must be allowed, as commands or text for the kind of server at hand.
import { type DirectoryConfig, loadConfig } from '../config.ts';
import { printDsacls, printSambaTool } from '../rights/active-directory.ts';
import { print389 } from '../rights/ds389.ts';
import { printFreeIpa } from '../rights/freeipa.ts';
import { type Needs, needsOf } from '../rights/needs.ts';
import { printSlapdConf, printSlapdLdif } from '../rights/openldap.ts';
import { printList } from '../rights/plain-list.ts';
import { chooseDirectories } from './check.ts';
import { UsageError } from './usage-error.ts';

type Print = (needs: Needs) => string;

/** The first one of a type is what it gets unless --format says otherwise. */
const formats: Readonly<Record<DirectoryConfig['type'], readonly (readonly [name: string, print: Print])[]>> = {
  openldap: [
    ['ldif', printSlapdLdif],
    ['conf', printSlapdConf],
    ['list', printList],
  ],
  '389ds': [
    ['ldif', print389],
    ['list', printList],
  ],
  'active-directory': [
    ['dsacls', printDsacls],
    ['list', printList],
  ],
  'samba-ad': [
    ['samba-tool', printSambaTool],
    ['dsacls', printDsacls],
    ['list', printList],
  ],
  freeipa: [
    ['ipa', printFreeIpa],
    ['list', printList],
  ],
  generic: [['list', printList]],
};

export const rights = {
  help: `rights: what the account of the gateway must be allowed, and nothing more

  --config FILE         configuration (default: config.yaml)
  --set key.path=value  override one key; may be repeated
  --directory NAME      only this one
  --format NAME         openldap: ldif (cn=config), conf (slapd.conf); samba-ad: samba-tool, dsacls; all: list

Prints access rules or commands for the attributes that the mapping reads and writes. Nothing is sent to a server.`,
  options: {
    config: { type: 'string' },
    set: { type: 'string', multiple: true },
    directory: { type: 'string' },
    format: { type: 'string' },
  },

  async run(values: Readonly<Record<string, unknown>>): Promise<number> {
    const file = typeof values['config'] === 'string' ? values['config'] : 'config.yaml';
    const config = loadConfig(file, { env: process.env, overrides: Array.isArray(values['set']) ? values['set'].map(String) : [] });
    for (const directory of chooseDirectories(config.directories, values['directory']))
      console.log(printRights(directory, values['format']));
    return 0;
  },
} as const;

export function printRights({ type, mapping, baseDn, bind }: DirectoryConfig, format?: unknown): string {
  const offered = formats[type];
  const chosen = format === undefined ? offered[0] : offered.find(([name]) => name === format);
  if (!chosen)
    throw new UsageError(`There is no format ${String(format)} for ${type}: there is ${offered.map(([name]) => name).join(', ')}`);
  return chosen[1](needsOf(mapping, baseDn, bind.dn));
}
