// References between entries: who holds whom, what is computed from that, and how references follow when entries move or go.
// MS-ADTS 3.1.1.1.6 (forward and back links), 3.1.1.5.4 and 3.1.1.5.5; neither changes the time stamps of the entry that holds the link.
import type { Attribute } from '../attribute.ts';
import { keepValues } from '../modification.ts';
import { nameKey } from '../names.ts';
import type { Node } from '../node.ts';
import type { Tree } from '../tree.ts';
import { relativeId } from './domain.ts';
import { parseSid } from '../../ldap/syntax.ts';

/** Forward links by their back links. */
export const backLinks: ReadonlyMap<string, string> = new Map([
  ['memberOf', 'member'],
  ['directReports', 'manager'],
  ['managedObjects', 'managedBy'],
]);
/** Every attribute whose values follow what they name. */
export const references = ['member', 'manager', 'managedBy', 'assistant', 'secretary', 'seeAlso'] as const;

/** How entries are found by an indexed value: `Tree.lookUp`. */
export type Find = (attribute: string, key: string) => ReadonlySet<Node> | undefined;

/** The entries that have `node` as a value. */
export function holdersOf(node: Node, attribute: string, find: Find): readonly Node[] {
  return [...(find(attribute, nameKey(node.dn)) ?? [])];
}

/** Everything that can be reached from a node by steps, without the node itself unless a circle leads back to it. */
export function reach(start: Node, step: (node: Node) => Iterable<Node>): ReadonlySet<Node> {
  const reached = new Set<Node>();
  const waiting = [start];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    for (const next of step(node)) {
      if (reached.has(next)) continue;
      reached.add(next);
      waiting.push(next);
    }
  }
  return reached;
}

/** The groups that an account is in, directly, through others, and by its primary group. */
export function groupsOf(node: Node, find: Find): ReadonlySet<Node> {
  return reach(node, (inner) => [...holdersOf(inner, 'member', find), ...primaryGroup(inner, find)]);
}

function primaryGroup(node: Node, find: Find): readonly Node[] {
  const [sid, id] = [node.octets('objectSid'), node.text('primaryGroupID')];
  if (sid === undefined || id === undefined) return [];
  const groupSid = Buffer.from(sid);
  groupSid.writeUInt32LE(Number(id), sid.length - 4);
  return [...(find('objectSid', groupSid.toString('latin1')) ?? [])];
}

/** Whether the account has the rights of a domain administrator. */
export function isDomainAdministrator(node: Node, find: Find): boolean {
  return [...groupsOf(node, find)].some((group) => {
    const sid = group.octets('objectSid');
    return sid !== undefined && (parseSid(sid) === 'S-1-5-32-544' || relativeId(sid) === 512);
  });
}

/** Does the change that renames some entries, and lets all references to them follow. */
export function followRename(nodes: readonly Node[], tree: Tree, rename: () => void): void {
  const renamed = new Map(nodes.map((node) => [nameKey(node.dn), node]));
  const holders = references.map(
    (name) => [name, new Set(nodes.flatMap((node) => holdersOf(node, name, tree.lookUp.bind(tree))))] as const,
  );
  rename();
  for (const [name, nodesWith] of holders) {
    for (const holder of nodesWith) changeReference(holder, name, tree, (attribute) => rewrite(attribute, renamed));
  }
}

function rewrite(attribute: Attribute, renamed: ReadonlyMap<string, Node>): Attribute {
  const targets = attribute.keys.map((key) => renamed.get(key));
  return {
    ...attribute,
    values: attribute.values.map((value, at) => (targets[at] === undefined ? value : Buffer.from(targets[at].name))),
    keys: attribute.keys.map((key, at) => (targets[at] === undefined ? key : nameKey(targets[at].dn))),
  };
}

/** A deleted entry is referred to by nobody. */
export function dropReferences(node: Node, tree: Tree): void {
  const gone = nameKey(node.dn);
  for (const name of references) {
    for (const holder of holdersOf(node, name, tree.lookUp.bind(tree))) {
      changeReference(holder, name, tree, (attribute) => keepValues(attribute, (key) => key !== gone));
    }
  }
}

function changeReference(holder: Node, name: string, tree: Tree, change: (attribute: Attribute) => Attribute): void {
  const attribute = holder.attributes.get(name);
  if (attribute === undefined) return;
  const changed = change(attribute);
  const attributes = new Map(holder.attributes);
  if (changed.values.length > 0) attributes.set(name, changed);
  else attributes.delete(name);
  tree.replace(holder, attributes);
}
