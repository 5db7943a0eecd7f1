// The directory that all connections share: its entries, the face that it shows, and the clock of its changes.
// RFC 4512 section 2.1, section 5.1 (root DSE).
import type { Dn } from '../ldap/dn.ts';
import { ChangeClock } from './change-clock.ts';
import type { Face } from './face.ts';
import { nameKey, resolveDn } from './names.ts';
import { Node } from './node.ts';
import { Tree } from './tree.ts';

export interface Directory {
  readonly face: Face;
  readonly tree: Tree;
  readonly clock: ChangeClock;
  readonly suffix: Dn;
  readonly administrator: { readonly dn: Dn; readonly password: Buffer };
  /** By name: entries that only a search of just them finds, as the root DSE and the subschema. */
  readonly unlisted: ReadonlyMap<string, Node>;
}

/** @throws SyntaxError for a DN that the schema of the face cannot read */
export function createDirectory(face: Face, suffixText: string, adminDnText: string, adminPassword: string): Directory {
  const { schema, indexed, nameAttribute } = face;
  const clock = new ChangeClock();
  const suffix = requireDn(suffixText, face);
  const tree: Tree = new Tree({
    schema,
    indexed,
    nameAttribute,
    computed: face.computed({ clock, find: (...about) => tree.lookUp(...about) }),
  });
  const unlisted = face
    .unlisted(schema.writeDn(suffix), clock)
    .map(
      ({ dn, attributes, computed }) =>
        new Node(0, dn === '' ? { rdns: [] } : requireDn(dn, face), attributes, schema, undefined, computed),
    );
  return {
    face,
    clock,
    suffix,
    tree,
    administrator: { dn: requireDn(adminDnText, face), password: Buffer.from(adminPassword) },
    unlisted: new Map(unlisted.map((node) => [nameKey(node.dn), node])),
  };
}

function requireDn(text: string, { schema }: Face): Dn {
  const dn = resolveDn(text, schema);
  if (dn === undefined || dn.rdns.length === 0) throw new SyntaxError(`'${text}' is no DN of an entry`);
  return dn;
}
