// Entry to row: the resource as JSON without what is made of references, and what it refers to by name.
// RFC 7643 section 3; the names are normalized DNs, and SIDs ([MS-ADTS] 3.1.1.3.1.2.4).
import { displayOf, displayRules, referenceKey } from '../gateway/references.ts';
import { versionAttributes, versionOf } from '../gateway/version.ts';
import type { Capabilities } from '../ldap/directory.ts';
import type { Entry } from '../ldap/entry.ts';
import { parseSid } from '../ldap/syntax.ts';
import type { Mapping, ResourceMapping } from '../mapping/mapping.ts';
import { attributesToRead, everything, readResource, type Wanted, withoutContext } from '../mapping/read.ts';
import type { ReadContext } from '../mapping/rule.ts';
import { type Field, fieldsOf } from './fields.ts';

/** One resource type as it is kept. */
export interface RowType {
  readonly resource: ResourceMapping;
  readonly name: string;
  readonly fields: readonly Field[];
  /** The attributes that are not fields. */
  readonly plain: Wanted;
  /** LDAP attributes that a row is made of. */
  readonly attributes: readonly string[];
}

export interface Row {
  readonly type: string;
  readonly id: string;
  readonly dn: string;
  /** What names the entry: its DN, and its SID where references use that. */
  readonly keys: readonly string[];
  readonly display: string;
  /** JSON of the resource without the attributes of its fields. */
  readonly body: Buffer;
  /** What each field refers to, by name. */
  readonly references: readonly (readonly string[])[];
  /** A value of the entry that is another one after every change; empty where there is none. */
  readonly stamp: string;
}

/** @param locationOf absolute URL of a resource: it is in the body */
export class RowReader {
  readonly types: readonly RowType[];
  readonly #source: { readonly directory: { capabilities(): Capabilities } };
  /** The attribute that stamps are read from. */
  readonly stamp: string | undefined;
  readonly #context: ReadContext;

  constructor(
    mapping: Mapping,
    kept: readonly ResourceMapping[],
    capabilities: Capabilities,
    stamp: string | undefined,
    locationOf: (type: string, id: string) => string,
  ) {
    this.#source = { directory: { capabilities: () => capabilities } };
    this.stamp = stamp;
    this.#context = { ...withoutContext, locationOf };
    const usesSids = mapping.resources.some(({ rules }) => rules.some(({ reads }) => reads.includes('objectSid')));
    this.types = kept.map((resource) => ({
      resource,
      name: resource.type.name,
      ...splitAttributes(mapping, resource),
      attributes: [
        ...new Set([
          ...attributesToRead(resource, everything),
          ...versionAttributes(this.#source, resource),
          ...displayRules(resource).flatMap(({ reads }) => reads),
          ...(usesSids ? ['objectSid'] : []),
          ...(stamp === undefined ? [] : [stamp]),
        ]),
      ],
    }));
  }

  stampOf(entry: Entry): string {
    return this.stamp === undefined ? '' : (entry.texts(this.stamp)[0] ?? '');
  }

  /** Undefined for an entry without id, which cannot be shown (L-029). */
  read({ resource, name, fields, plain }: RowType, entry: Entry): Row | undefined {
    const shown = readResource(resource, entry, this.#context, versionOf(this.#source, resource, entry), plain);
    if (!shown) return undefined;
    return {
      type: name,
      id: String(shown['id']),
      dn: entry.dn,
      keys: [referenceKey(entry.dn) ?? entry.dn, ...entry.octets('objectSid').map((sid) => parseSid(sid))],
      display: displayOf(resource, entry).display ?? '',
      body: Buffer.from(JSON.stringify(shown)),
      references: fields.map((field) => field.own(entry).flatMap((text) => referenceKey(text) ?? [])),
      stamp: this.stampOf(entry),
    };
  }
}

function splitAttributes(mapping: Mapping, resource: ResourceMapping): Pick<RowType, 'fields' | 'plain'> {
  const fields = fieldsOf(mapping, resource);
  const made = new Set(fields.map(({ attribute }) => attribute));
  return { fields, plain: (attribute) => !made.has(attribute) };
}
