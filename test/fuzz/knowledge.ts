// What a client has learned so far: ids, versions, names and cursors to send again, also where they do not belong.
// Test set-up only.

export class Knowledge {
  readonly users: string[] = [];
  readonly groups: string[] = [];
  readonly gone: string[] = ['00000000-0000-0000-0000-000000000000'];
  readonly names: string[] = ['nobody'];
  readonly cursors: string[] = [];
  readonly versions = new Map<string, string>();

  /** A resource that an answer has shown. */
  learn(resource: Readonly<Record<string, unknown>>): void {
    const { id, userName, displayName } = resource;
    if (typeof id !== 'string') return;
    const isGroup = (resource['schemas'] as readonly unknown[] | undefined)?.some((urn) => String(urn).endsWith(':Group')) ?? false;
    const known = isGroup ? this.groups : this.users;
    if (!known.includes(id)) known.push(id);
    const name = userName ?? displayName;
    if (typeof name === 'string' && name.length < 200 && this.names.push(name) > 300) this.names.shift();
    const version = (resource['meta'] as { readonly version?: unknown } | undefined)?.version;
    if (typeof version === 'string') this.versions.set(id, version);
  }

  learnCursor(cursor: unknown): void {
    if (typeof cursor === 'string' && this.cursors.push(cursor) > 30) this.cursors.shift();
  }

  forget(id: string): void {
    for (const known of [this.users, this.groups]) {
      const at = known.indexOf(id);
      if (at >= 0) known.splice(at, 1);
    }
    this.versions.delete(id);
    if (this.gone.push(id) > 30) this.gone.shift();
  }
}
