// How the snapshot of a directory would be kept true: which way of asking for changes works on this server with this account.
// No RFC; asked of the server as the poller does.
import { chooseChanges } from '../ldap/changes/choose.ts';
import { type Directory, DirectoryError } from '../ldap/directory.ts';
import type { DirectoryConfig } from '../config.ts';
import { type Finding, inConfig } from '../mapping/lint.ts';
import { unkeptBecause, watchedBy } from '../sync/fields.ts';

/** Nothing where lists are live. */
export async function checkSnapshot(directory: Directory, { cache, mapping, baseDn }: DirectoryConfig): Promise<readonly Finding[]> {
  if (!cache) return [];
  const unkept = mapping.resources.flatMap((resource) => {
    const reason = unkeptBecause(resource);
    const { name } = resource.type;
    return reason === undefined
      ? []
      : [inConfig('warn', 'snapshot-type', ['reads', 'lists'], `lists of ${name} are live: ${reason}`, 'map the attribute as a whole')];
  });
  try {
    const { source, reason } = await directory.session((session) =>
      chooseChanges(session, watchedBy(mapping.resources, baseDn), cache.detect),
    );
    return [
      ...unkept,
      inConfig(source.tellsDeletions ? 'ok' : 'hint', 'snapshot', ['cache', 'detect'], `the snapshot is kept up by ${reason}`),
    ];
  } catch (error) {
    if (!(error instanceof DirectoryError)) throw error;
    const advice = 'see docs/snapshot.md for what each way needs, or set reads: { lists: live }';
    return [...unkept, inConfig('error', 'snapshot', ['cache', 'detect'], `there will be no snapshot: ${error.message}`, advice)];
  }
}
