// Delegation on Active Directory and Samba AD for exactly what a mapping reads and writes: one line per right.
// dsacls of Windows Server; samba-tool dsacl with SDDL ([MS-DTYP] 2.5.1); rights of [MS-ADTS] 5.1.3.2; Reset Password is a control access right.
import { type Dn, formatDn } from '../ldap/dn.ts';
import { distinctDns, type Needs, type ResourceNeeds } from './needs.ts';
import { shell } from './quoting.ts';

/** Written by a rename besides the naming attribute. */
const nameAttribute = 'name';

/** The class that inherited rights are for: the last one of new entries, which is the structural one here. */
const classOf = ({ objectClasses, name }: ResourceNeeds): string => objectClasses.at(-1) ?? (name === 'Group' ? 'group' : 'user');

/** Attributes that a modification may change, and what a rename changes. */
function writesOf({ writes, renames, password }: ResourceNeeds): readonly string[] {
  return [...writes, ...(renames.length > 0 ? [nameAttribute] : []), ...(password === 'unicodePwd' ? ['pwdLastSet'] : [])];
}

const changesContainer = ({ createsIn, deletes }: ResourceNeeds): boolean => createsIn.length > 0 || deletes;

export function printDsacls(needs: Needs): string {
  const account = trusteeOf(needs);
  const lines = needs.resources.flatMap((resource) => {
    const type = classOf(resource);
    const bases = distinctDns(resource.bases.map(({ dn }) => dn));
    const inherited = (dn: Dn, right: string): string => `dsacls ${quote(dn)} /I:S /G "${account}:${right}"`;
    return [
      `\nREM ${resource.name}`,
      ...bases.flatMap((dn) => resource.reads.map((name) => inherited(dn, `RP;${name};${type}`))),
      ...bases.flatMap((dn) => writesOf(resource).map((name) => inherited(dn, `WP;${name};${type}`))),
      ...(resource.password === undefined ? [] : bases.map((dn) => inherited(dn, `CA;Reset Password;${type}`))),
      ...(changesContainer(resource)
        ? containersOf(resource).map((dn) => `dsacls ${quote(dn)} /I:T /G "${account}:${childRights(resource)};${type}"`)
        : []),
    ];
  });
  return `REM set GATEWAY=DOMAIN\\name (only where the lines below say %GATEWAY%)
REM In an elevated prompt of a domain controller, or where RSAT is installed, as an administrator of the domain.
REM Rights to read are there for every account by default; the RP lines matter where they were taken away.
REM Accounts in protected groups (adminCount=1) do not inherit these rights, which is as it should be.
${lines.join('\n')}

REM The gateway pages its searches, so MaxPageSize needs no change.
`;
}

/** CC creates children of the class, DC deletes them. */
const childRights = ({ createsIn, deletes }: ResourceNeeds): string => `${createsIn.length > 0 ? 'CC' : ''}${deletes ? 'DC' : ''}`;
const containersOf = ({ bases, createsIn, deletes }: ResourceNeeds): readonly Dn[] =>
  distinctDns([...createsIn, ...(deletes ? bases.map(({ dn }) => dn) : [])]);

const quote = (dn: Dn): string => `"${formatDn(dn).replaceAll('"', '\\"')}"`;

/** dsacls wants DOMAIN\name or a UPN; a DN is turned into a variable to fill in. */
function trusteeOf({ account }: Needs): string {
  return /^[^=]+[\\@][^=]+$/.test(account) ? account : '%GATEWAY%';
}

export function printSambaTool(needs: Needs): string {
  const lines = needs.resources.flatMap((resource) => {
    const containers = containersOf(resource);
    const bases = distinctDns(resource.bases.map(({ dn }) => dn));
    const writes = writesOf(resource);
    const inherited = [
      ...(writes.length > 0 ? [`write ${writes.join(' ')}`] : []),
      ...(resource.password === undefined ? [] : ['reset_password']),
    ];
    return [
      `\nclass ${classOf(resource)}`,
      ...(inherited.length > 0 ? bases.flatMap((dn) => [...inherited, `apply ${shell(formatDn(dn))}`]) : []),
      ...(changesContainer(resource)
        ? containers.flatMap((dn) => [`children ${childRights(resource)}`, `apply ${shell(formatDn(dn))}`])
        : []),
    ];
  });
  return `#!/bin/sh
# As root on a domain controller. Every account may read these attributes by default; only writing is granted here.
set -eu
SAM=\${SAM:-/var/lib/samba/private/sam.ldb}
SID=$(samba-tool user show ${shell(accountName(needs.account))} -H "$SAM" --attributes=objectSid | sed -n 's/^objectSid: //p')
SCHEMA=$(ldbsearch -H "$SAM" -b '' -s base schemaNamingContext | sed -n 's/^schemaNamingContext: //p')
ACES=
# An empty GUID would mean every attribute: there must be one.
guid() { GUID=$(ldbsearch -H "$SAM" -b "$SCHEMA" "(lDAPDisplayName=$1)" schemaIDGUID | sed -n 's/^schemaIDGUID: //p'); is "$GUID" "$1 in the schema"; }
is() { [ -n "$1" ] || { echo "There is no $2" >&2; exit 1; }; }
is "$SID" 'such account'
# Rights on entries of one class below a container: to write attributes, to reset the password; and to create (CC) and delete (DC) them.
class() { guid "$1"; CLASS=$GUID; }
write() { for NAME in "$@"; do guid "$NAME"; ACES="$ACES(OA;CIIO;WP;$GUID;$CLASS;$SID)"; done; }
reset_password() { ACES="$ACES(OA;CIIO;CR;00299570-246d-11d0-a768-00aa006e0529;$CLASS;$SID)"; }
children() { ACES="$ACES(OA;CI;$1;$CLASS;;$SID)"; }
apply() { samba-tool dsacl set -H "$SAM" --objectdn="$1" --sddl="$ACES" >/dev/null; ACES=; }
${lines.join('\n')}
`;
}

/** `gateway` of EXAMPLE\\gateway, gateway@example.com or CN=gateway,…. */
function accountName(account: string): string {
  return /^CN=([^,]+)/i.exec(account)?.[1] ?? account.replace(/^.*\\/, '').replace(/@.*$/, '');
}
