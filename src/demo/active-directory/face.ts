// Active Directory's face: what a domain controller of Windows Server 2012 R2 says of itself, and how it does each operation.
// MS-ADTS; where Samba and Windows differ, this follows Windows.
import { controlOid, type Controls, type ControlSupport, type Kind } from '../control.ts';
import type { Directory } from '../directory.ts';
import type { Face } from '../face.ts';
import type { Session } from '../session.ts';
import { parseDn } from '../../ldap/dn.ts';
import { add } from './add.ts';
import { bind, performExtended } from './bind.ts';
import type { Call } from './call.ts';
import { computedAttributes } from './computed.ts';
import { deleteEntry } from './delete.ts';
import { Domain } from './domain.ts';
import { references } from './links.ts';
import { modify } from './modify.ts';
import { modifyDn } from './rename.ts';
import { adSchema, writeDn } from './schema.ts';
import { compare, search } from './search.ts';
import { unlistedEntries } from './unlisted.ts';

const everywhere: readonly Kind[] = ['search', 'compare', 'add', 'modify', 'delete', 'modifyDn'];
const controls: ControlSupport = new Map<string, readonly Kind[]>([
  [controlOid.pagedResults, ['search']],
  [controlOid.domainScope, ['search']],
  [controlOid.showDeleted, everywhere],
  [controlOid.showRecycled, everywhere],
  [controlOid.securityDescriptorFlags, everywhere],
  [controlOid.permissiveModify, ['modify']],
  [controlOid.treeDelete, ['delete']],
]);

const indexed =
  'objectClass objectCategory objectGUID objectSid sAMAccountName userPrincipalName cn name displayName mail employeeID adminDescription'.split(
    ' ',
  );

export interface ActiveDirectory extends Face {
  readonly domain: Domain;
}

/** @throws SyntaxError for a suffix that names no domain */
export function activeDirectory(suffix: string): ActiveDirectory {
  const dn = parseDn(suffix);
  const domain = new Domain(dn, writeDn(dn));
  const begin = (controls: Controls, session: Session, directory: Directory): Call => ({ controls, session, directory, domain });
  return {
    domain,
    schema: adSchema,
    controls,
    operations: {
      bind: (operation, session, directory) => bind(operation, begin({}, session, directory)),
      compare: (operation, ...rest) => compare(operation, begin(...rest)),
      search: (operation, ...rest) => search(operation, begin(...rest)),
      add: (operation, ...rest) => add(operation, begin(...rest)),
      modify: (operation, ...rest) => modify(operation, begin(...rest)),
      delete: (operation, ...rest) => deleteEntry(operation, begin(...rest)),
      modifyDn: (operation, ...rest) => modifyDn(operation, begin(...rest)),
      extended: (operation, session, directory) => performExtended(operation, begin({}, session, directory)),
    },
    indexed: [...indexed, ...references],
    nameAttribute: 'distinguishedName',
    unlisted: (_suffix, clock) => unlistedEntries(domain, [...controls.keys()], clock),
    computed: (surroundings) => computedAttributes(domain, surroundings),
  };
}
