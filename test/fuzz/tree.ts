// JSON that no object of JavaScript can hold: names twice, `__proto__` as a name, numbers beyond doubles; and how it is spoiled.
// Test set-up only; RFC 8259.
import { hostileName, hostileText, hostileValue, passwordMark } from './hostile.ts';
import type { Random } from './random.ts';

export type Tree = string | number | boolean | null | Tree[] | Members | { readonly raw: string };

export interface Members {
  readonly members: [name: string, value: Tree][];
}

export function treeOf(value: unknown): Tree {
  if (Array.isArray(value)) return value.map(treeOf);
  if (typeof value !== 'object' || value === null) return value as Tree;
  return { members: Object.entries(value).map(([name, member]) => [name, treeOf(member)]) };
}

/** As JSON text; now and then with blanks and escapes where none are needed. */
export function writeTree(tree: Tree, random: Random): string {
  const odd = random.chance(0.1);
  const blank = (): string => (odd && random.chance(0.3) ? random.pick([' ', '\n', '\t', '\r\n']) : '');
  const text = (value: string): string => {
    const plain = JSON.stringify(value);
    return odd ? plain.replace(/[a-z](?=[a-z])/, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`) : plain;
  };
  const write = (value: Tree): string => {
    if (typeof value === 'string') return text(value);
    if (typeof value !== 'object' || value === null) return JSON.stringify(value);
    if (Array.isArray(value)) return `[${value.map((each) => blank() + write(each) + blank()).join(',')}]`;
    if ('raw' in value) return value.raw;
    return `{${value.members.map(([name, member]) => `${blank()}${text(name)}${blank()}:${write(member)}${blank()}`).join(',')}}`;
  };
  return write(tree);
}

/** Every place in a tree that a value is read from and can be put back to. */
interface Slot {
  readonly value: Tree;
  readonly put: (value: Tree) => void;
  readonly owner: Members | Tree[] | undefined;
  readonly at: number;
}

function slotsOf(tree: Tree, root: (value: Tree) => void): Slot[] {
  const slots: Slot[] = [{ value: tree, put: root, owner: undefined, at: 0 }];
  const visit = (owner: Tree): void => {
    if (Array.isArray(owner)) {
      for (const [at, value] of owner.entries()) {
        slots.push({ value, put: (other) => (owner[at] = other), owner, at });
        visit(value);
      }
    } else if (typeof owner === 'object' && owner !== null && 'members' in owner) {
      for (const [at, member] of owner.members.entries()) {
        slots.push({ value: member[1], put: (other) => (member[1] = other), owner, at });
        visit(member[1]);
      }
    }
  };
  visit(tree);
  return slots;
}

/** The tree with one thing in it that is not as it should be; the one given is used up. */
export function spoil(tree: Tree, random: Random): Tree {
  let whole = tree;
  const slots = slotsOf(tree, (value) => (whole = value));
  const slot = random.pick(slots);
  const { value, put, owner, at } = slot;
  const change = random.weigh<() => void>([
    [10, () => put(hostileValue(random))],
    [4, () => put(random.pick([null, '', 0, true, [], { members: [] }]))],
    [3, () => put([value])],
    [2, () => put({ members: [['value', value]] })],
    [2, () => put({ members: [[hostileName(random), value]] })],
    [2, () => put(typeof value === 'string' ? value + hostileText(random) : String(value))],
    [1, () => put(Array.from({ length: random.pick([2, 3, 30, 500]) }, () => structuredClone(value)))],
    [2, () => put(structuredClone(random.pick(slots.filter((other) => !holdsPassword(other.value))).value))],
    [
      6,
      () => {
        if (owner === undefined) return;
        if (Array.isArray(owner)) owner.splice(at, 1);
        else owner.members.splice(at, 1);
      },
    ],
    [
      6,
      () => {
        if (owner === undefined || Array.isArray(owner)) return;
        const [name = '', same = null] = owner.members[at] ?? [];
        const again = random.pick([name, name.toUpperCase(), name.toLowerCase(), ` ${name}`, `${name}\0`]);
        owner.members.splice(random.below(owner.members.length + 1), 0, [again, random.chance(0.5) ? same : hostileValue(random)]);
      },
    ],
    [
      5,
      () => {
        const host = owner !== undefined && !Array.isArray(owner) ? owner : undefined;
        const member = host?.members[at];
        if (member && !holdsPassword(member[1])) member[0] = hostileName(random);
      },
    ],
    [8, () => addMembers(slots, random)],
  ]);
  change();
  return whole;
}

/** A password must stay where no answer shows it. */
function holdsPassword(value: Tree): boolean {
  return JSON.stringify(value).includes(passwordMark);
}

function addMembers(slots: readonly Slot[], random: Random): void {
  const hosts = slots.flatMap(({ value }) => (typeof value === 'object' && value !== null && 'members' in value ? [value] : []));
  if (hosts.length === 0) return;
  const { members } = random.pick(hosts);
  const count = random.chance(0.02) ? 5000 : 1 + random.below(3);
  for (let i = 0; i < count; i += 1) members.push([count > 10 ? `name${i}` : hostileName(random), count > 10 ? i : hostileValue(random)]);
}
