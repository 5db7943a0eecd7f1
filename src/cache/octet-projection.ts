// What of a resource a client gets to see, cut out of the octets of its body without parsing them.
// RFC 7644 section 3.9; the result is that of `compileProjection` on the resource.
import { isProjected, type Projection, selectMembers, type Selections } from '../scim/projection.ts';
import type { ResourceType } from '../scim/schema.ts';
import { eachElement, hasOctets, isArrayAt, isObjectAt, memberKey, someMember } from './json-octets.ts';
import { OctetWriter } from './octet-writer.ts';
import type { Body } from './rows.ts';

/** A member that is sent. */
interface Cut {
  /** Its name as it stands in JSON: in quotes and with the colon. */
  readonly key: Buffer;
  /** Of a complex attribute the members that are sent of it; undefined for all of them. */
  readonly subAttributes: readonly Cut[] | undefined;
}

/** Where a member begins, its value begins, and both end. */
interface Member {
  readonly at: number;
  readonly value: number;
  readonly end: number;
}

const schemasKey = memberKey('schemas');
const metaKey = memberKey('meta');

export class OctetProjection {
  readonly #type: ResourceType;
  readonly #projection: Projection;
  readonly #core: readonly Cut[];
  readonly #extensions: readonly { readonly key: Buffer; readonly cuts: readonly Cut[] }[];
  readonly #meta: Cut | undefined;
  /** Members of a resource that there is something to send of. */
  readonly #most: number;
  /** By the extensions of which something is sent, one bit each: how a resource begins. */
  readonly #heads = new Map<number, string>();
  readonly #members = new OctetWriter();

  constructor(type: ResourceType, projection: Projection) {
    this.#type = type;
    this.#projection = projection;
    const { core, extensions } = selectMembers(type, projection);
    const all = cutsOf(core);
    this.#meta = all.find(({ key }) => key.equals(metaKey));
    this.#core = all.filter((cut) => cut !== this.#meta && !cut.key.equals(schemasKey));
    this.#extensions = extensions.map(({ id, selected }) => ({ key: memberKey(id), cuts: cutsOf(selected) }));
    this.#most = this.#core.length + this.#extensions.filter(({ cuts }) => cuts.length > 0).length + (this.#meta ? 1 : 0);
  }

  /** Whether an attribute (canonical name, without sub-attribute) is sent. */
  wants(attribute: string): boolean {
    return isProjected(attribute, this.#type, this.#projection);
  }

  write({ octets, start }: Body, writer: OctetWriter): void {
    const members = this.#members;
    members.clear();
    let meta: Member | undefined;
    const containers: (Member | undefined)[] = [];
    let found = 0;
    someMember(octets, start, (at, value, end) => {
      const cut = findCut(this.#core, octets, at, value);
      const extension = cut ? -1 : this.#extensions.findIndex(({ key, cuts }) => cuts.length > 0 && isNamed(key, octets, at, value));
      const isMeta = this.#meta !== undefined && !cut && extension < 0 && isNamed(metaKey, octets, at, value);
      if (cut) writeMember(cut, octets, { at, value, end }, members);
      else if (extension >= 0) containers[extension] = { at, value, end };
      else if (isMeta) meta = { at, value, end };
      else return false;
      found += 1;
      return found === this.#most;
    });
    let used = 0;
    for (const [index, { cuts }] of this.#extensions.entries()) {
      const container = containers[index];
      if (container && writeObject(cuts, octets, container, members)) used |= 1 << index;
    }
    if (meta && this.#meta) writeMember(this.#meta, octets, meta, members);
    writer.write(this.#headFor(used));
    writer.copy(members.written, 0, members.length);
    writer.write('}');
  }

  /** Up to the end of `schemas`. */
  #headFor(used: number): string {
    let head = this.#heads.get(used);
    if (head === undefined) {
      const { schema, extensions } = this.#type;
      const listed = extensions.filter(({ required }, index) => required || ((used >>> index) & 1) === 1);
      head = `{"schemas":${JSON.stringify([schema.id, ...listed.map((each) => each.schema.id)])}`;
      this.#heads.set(used, head);
    }
    return head;
  }
}

function cutsOf(selections: Selections): readonly Cut[] {
  return [...selections].map(([name, { isWhole, subAttributes }]) => ({
    key: memberKey(name),
    subAttributes: isWhole || !subAttributes ? undefined : cutsOf(subAttributes),
  }));
}

function findCut(cuts: readonly Cut[], octets: Buffer, at: number, value: number): Cut | undefined {
  for (const cut of cuts) if (isNamed(cut.key, octets, at, value)) return cut;
  return undefined;
}

function isNamed(key: Buffer, octets: Buffer, at: number, value: number): boolean {
  return value - at === key.length && hasOctets(octets, at, key);
}

/** With a comma before it; nothing where nothing is left. */
function writeMember({ subAttributes }: Cut, octets: Buffer, member: Member, writer: OctetWriter): void {
  if (!subAttributes) {
    writer.write(',');
    writer.copy(octets, member.at, member.end);
  } else if (isObjectAt(octets, member.value)) writeObject(subAttributes, octets, member, writer);
  else if (isArrayAt(octets, member.value)) writeElements(subAttributes, octets, member, writer);
}

/** As `writeMember`, of one whose value is an object: whether anything is left. */
function writeObject(cuts: readonly Cut[], octets: Buffer, { at, value }: Member, writer: OctetWriter): boolean {
  const begin = writer.length;
  writer.write(',');
  writer.copy(octets, at, value);
  const isEmpty = !writeCuts(cuts, octets, value, writer);
  if (isEmpty) writer.cut(begin);
  return !isEmpty;
}

function writeElements(cuts: readonly Cut[], octets: Buffer, { at, value }: Member, writer: OctetWriter): void {
  const begin = writer.length;
  writer.write(',');
  writer.copy(octets, at, value);
  let separator = '[';
  eachElement(octets, value, (element) => {
    const before = writer.length;
    writer.write(separator);
    if (isObjectAt(octets, element) && writeCuts(cuts, octets, element, writer)) separator = ',';
    else writer.cut(before);
  });
  if (separator === '[') writer.cut(begin);
  else writer.write(']');
}

/** An object with what is left of its members: whether there is any; nothing is written otherwise. */
function writeCuts(cuts: readonly Cut[], octets: Buffer, object: number, writer: OctetWriter): boolean {
  const begin = writer.length;
  someMember(octets, object, (at, value, end) => {
    const cut = findCut(cuts, octets, at, value);
    if (cut) writeMember(cut, octets, { at, value, end }, writer);
    return false;
  });
  if (writer.length === begin) return false;
  // Instead of the comma before the first one.
  writer.replace(begin, '{');
  writer.write('}');
  return true;
}
