// Findings about the server itself: its kind, what it can do for passwords and groups, and what it lets the bind account do.
// RFC 3062 (password modify), L-053 (empty groups), L-062, L-067; slapo-refint(5), slapo-memberof(5).
import { dnKey, formatDn, parseDn } from '../../ldap/dn.ts';
import { isActiveDirectory, type LintContext } from './attributes.ts';
import { count, type Finding, inConfig, inMapping, listSome } from './finding.ts';
import type { Facts, ResourceFacts, ServerFacts } from './facts.ts';
import type { ResourceUses } from './uses.ts';

export type ConfiguredType = ServerFacts['vendor'];

export function lintServer(type: ConfiguredType, server: ServerFacts): readonly Finding[] {
  const findings: Finding[] = [];
  if (type !== 'generic' && type !== server.vendor) {
    const known = server.vendor === 'generic' ? 'says nothing that tells its kind' : `says that it is ${server.vendor}`;
    findings.push(
      inConfig(
        'warn',
        'vendor-mismatch',
        ['type'],
        `type: ${type}, but the server ${known}`,
        `write type: ${server.vendor}, and a mapping for it`,
      ),
    );
  }
  if (!server.paging)
    findings.push(
      inConfig(
        'warn',
        'no-paging',
        ['servers'],
        'the server does not page (RFC 2696): each list is one search, which the size limit may cut',
        'raise the size limit of the bind account',
      ),
    );
  return findings;
}

export function lintStrategies(
  resource: ResourceUses,
  context: LintContext,
  facts: Facts,
  all: readonly ResourceUses[],
): readonly Finding[] {
  const groups = all.filter(({ name, definition }) => definition.membership && (facts.resources.get(name)?.entries ?? 0) > 0);
  return [
    ...lintPassword(resource, facts.server),
    ...(groups.length > 0 ? lintMemberships(resource, context, facts.server) : []),
    ...lintPlaceholder(resource, facts.server),
    ...lintRights(resource, context.facts),
  ];
}

function lintPassword({ name, definition }: ResourceUses, server: ServerFacts): readonly Finding[] {
  const strategy = definition.password?.strategy;
  if (strategy === undefined) return [];
  const at = ['resources', name, 'password'];
  const findings: Finding[] = [];
  const refuse = (message: string, advice: string) => findings.push(inMapping('error', 'password-strategy', at, message, advice));
  if (!server.secured)
    refuse(
      'passwords travel over protected connections only, and this one is plain: every password is refused',
      'write ldaps://, or tls: { startTls: true }',
    );
  const ad = isActiveDirectory(server.vendor);
  // Both count a loopback connection as any other.
  const demandsTls = ad || server.vendor === '389ds' || server.vendor === 'freeipa';
  if (server.secured && !server.encrypted && demandsTls)
    refuse(`${server.vendor} takes passwords over TLS only, on loopback too`, 'write ldaps://, or tls: { startTls: true }');
  if (strategy === 'passwordModify' && !server.passwordModify)
    refuse(
      'the server does not offer the password modify operation (RFC 3062)',
      ad ? 'write strategy: unicodePwd' : 'write strategy: userPassword if the server hashes it',
    );
  if (strategy === 'unicodePwd' && !ad) refuse('unicodePwd exists on Active Directory only', 'write strategy: passwordModify');
  if (strategy === 'userPassword' && ad) refuse('Active Directory does not take passwords in userPassword', 'write strategy: unicodePwd');
  if (strategy === 'userPassword' && server.vendor === 'openldap' && server.configuration?.overlays?.hashesPasswords !== true) {
    findings.push(
      inMapping(
        'warn',
        'password-strategy',
        at,
        'slapd keeps userPassword as it is written: readable, unless the overlay ppolicy hashes it',
        'write strategy: passwordModify',
      ),
    );
  }
  return findings;
}

/** Only where there are groups: without any, nobody can be a member. */
function lintMemberships({ uses }: ResourceUses, { schema, facts }: LintContext, server: ServerFacts): readonly Finding[] {
  return uses.flatMap((use): readonly Finding[] => {
    if (use.role !== 'memberships' || !schema.attribute(use.ldap)) return [];
    if ((facts?.entries ?? 0) === 0 || (facts?.present.get(use.ldap.toLowerCase()) ?? 0) > 0) return [];
    const overlay = server.configuration?.overlays?.memberOf === false ? 'the overlay memberof is not on' : 'no entry has a value';
    const message = `groups -> ${use.ldap}: ${overlay}, so groups are always empty`;
    return [
      inMapping(
        'warn',
        'memberof-empty',
        use.at,
        message,
        'write memberships: { reverse: Group }, or switch it on and re-write the groups',
      ),
    ];
  });
}

function lintPlaceholder({ name, mapping }: ResourceUses, server: ServerFacts): readonly Finding[] {
  const placeholder = mapping.membership?.placeholder;
  if (!placeholder || server.vendor !== 'openldap') return [];
  const at = ['resources', name, 'membership', 'empty'];
  const overlays = server.configuration?.overlays;
  const dn = formatDn(placeholder);
  if (!overlays)
    return [
      inMapping(
        'hint',
        'refint',
        at,
        `the bind account may not read cn=config: refint is not checked. With it, olcRefintNothing should be ${dn}`,
        'compare it yourself',
      ),
    ];
  if (!overlays.refint)
    return [
      inMapping(
        'warn',
        'refint',
        at,
        'the overlay refint is off: groups keep the DN of a deleted or renamed member',
        `switch it on, with olcRefintNothing: ${dn}`,
      ),
    ];
  const matches = overlays.refintNothing.some((text) => dnKey(parseDn(text)) === dnKey(placeholder));
  if (matches) return [inMapping('ok', 'refint', at, `refint puts ${dn} in the place of the last member`)];
  const found = overlays.refintNothing[0];
  return [
    inMapping(
      'warn',
      'refint',
      at,
      `refint repairs the last member of a group on delete with ${found ?? 'nothing'}: ${found === undefined ? 'the delete leaves a dangling value' : 'clients would see that DN if it were a resource, and the gateway never takes it away'}`,
      `set olcRefintNothing: ${dn}`,
    ),
  ];
}

/** More than that are told in one line. */
const mostDenials = 5;

function lintRights({ name, uses, definition }: ResourceUses, facts: ResourceFacts | undefined): readonly Finding[] {
  const rights = facts?.rights;
  if (!rights) return [];
  const { source, unreadable, unwritable, asked } = rights;
  const findings: Finding[] = [];
  for (const verb of ['write', 'read'] as const) {
    const denied = uses.filter((use) =>
      verb === 'write' ? use.writes && unwritable.has(use.ldap.toLowerCase()) : use.reads && unreadable.has(use.ldap.toLowerCase()),
    );
    const code = verb === 'write' ? 'not-writable' : 'not-readable';
    const advice = `grant ${verb}; \`rights\` prints how`;
    if (denied.length > mostDenials)
      findings.push(
        inMapping(
          'error',
          code,
          ['resources', name, 'attributes'],
          `the bind account may not ${verb} ${listSome([...new Set(denied.map(({ ldap }) => ldap))], 50)} (${source})`,
          advice,
        ),
      );
    else
      findings.push(
        ...denied.map((use) =>
          inMapping('error', code, use.at, `${use.label} -> ${use.ldap}: the bind account may not ${verb} it (${source})`, advice),
        ),
      );
  }
  if (rights.mayCreate === false && definition.create)
    findings.push(
      inMapping(
        'error',
        'not-creatable',
        ['resources', name, 'create'],
        'the bind account may not create entries here',
        'grant it, or remove `create`; `rights` prints how',
      ),
    );
  if (rights.mayDelete === false && definition.delete)
    findings.push(
      inMapping(
        'error',
        'not-deletable',
        ['resources', name, 'delete'],
        'the bind account may not delete entries',
        'grant it, or remove `delete`; `rights` prints how',
      ),
    );
  const writes = [...new Set(uses.filter((use) => use.writes && asked.has(use.ldap.toLowerCase())).map((use) => use.ldap))];
  if (findings.length === 0 && writes.length > 0)
    findings.push(
      inMapping(
        'ok',
        'rights',
        ['resources', name, 'attributes'],
        `the bind account may write ${count(writes.length, 'attribute')} of a ${name}: ${listSome(writes, 5)} (${source})`,
      ),
    );
  return findings;
}
