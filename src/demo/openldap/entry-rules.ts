// The rules that an entry as a whole must obey before it is stored: its classes, its name, what it must and may contain.
// RFC 4512 sections 2.4 and 2.3.1; in the order in which slapd checks them, which decides what a client is told.
import type { Rdn } from '../../ldap/dn.ts';
import type { Attribute, Attributes } from '../attribute.ts';
import { checkAttribute } from '../attribute.ts';
import { OperationError, resultCode } from '../result.ts';
import { codes } from './codes.ts';
import type { ObjectClass, Schema } from '../schema.ts';

/** @returns the structural class. @throws OperationError; `storedClass`: the structural class that an existing entry cannot leave */
export function checkEntry(attributes: Attributes, rdn: Rdn, schema: Schema, storedClass?: string): ObjectClass {
  for (const { description, values } of attributes.values()) {
    if (description.type.singleValue && values.length > 1) {
      throw new OperationError(codes.tooManyValues, `attribute '${description.text}' cannot have multiple values`);
    }
  }
  const classes = findClasses(attributes, schema);
  const structural = findStructuralClass(classes);
  if (storedClass !== undefined && storedClass !== structural.name) {
    const text = `structural object class modification from '${storedClass}' to '${structural.name}' not allowed`;
    throw new OperationError(resultCode.objectClassModsProhibited, text);
  }
  checkNaming(attributes, namingAttributes(rdn, schema));
  checkContent(attributes, classes, structural);
  return structural;
}

function findClasses(attributes: Attributes, schema: Schema): ObjectClass[] {
  const names = attributes.get('objectClass')?.keys ?? [];
  if (names.length === 0) throw new OperationError(resultCode.objectClassViolation, 'no objectClass attribute');
  return names.map((name) => {
    const found = schema.objectClass(name);
    if (found === undefined) throw new OperationError(resultCode.objectClassViolation, `unrecognized objectClass '${name}'`);
    return found;
  });
}

/** The most derived one of a chain; two structural classes of different chains do not go together. */
function findStructuralClass(classes: readonly ObjectClass[]): ObjectClass {
  const structural = classes.filter(({ kind }) => kind === 'structural');
  const [first] = structural;
  if (first === undefined) throw new OperationError(resultCode.objectClassViolation, 'no structural object class provided');
  const lowest = structural.find((candidate) => structural.every((other) => candidate.lineage.has(other)));
  if (lowest !== undefined) return lowest;
  const other = structural.find((candidate) => !first.lineage.has(candidate) && !candidate.lineage.has(first));
  throw new OperationError(resultCode.objectClassViolation, `invalid structural object class chain (${first.name}/${other?.name ?? ''})`);
}

/** The attributes that an RDN consists of. */
export function namingAttributes(rdn: Rdn, schema: Schema): Attribute[] {
  return rdn.map(({ type, value }) => checkAttribute({ description: type, values: [Buffer.from(value)] }, schema, codes));
}

function checkNaming(attributes: Attributes, naming: readonly Attribute[]): void {
  for (const { description, keys } of naming) {
    const { type } = description;
    const fail = (text: string): never => {
      throw new OperationError(codes.namingAttribute, text);
    };
    if (type.operational) fail(`naming attribute '${type.name}' is operational`);
    if (type.equality === undefined) fail(`naming attribute '${type.name}' has no equality matching rule`);
    const stored = attributes.get(type.name);
    if (stored === undefined) fail(`naming attribute '${type.name}' is not present in entry`);
    if (!keys.every((key) => stored?.keys.includes(key))) fail(`value of naming attribute '${type.name}' is not present in entry`);
  }
}

function checkContent(attributes: Attributes, classes: readonly ObjectClass[], structural: ObjectClass): void {
  const present = new Set(Array.from(attributes.values(), ({ description }) => description.type));
  const governing = [structural, ...classes.filter(({ kind }) => kind === 'auxiliary')];
  for (const { name, must } of governing) {
    const missing = [...must].find((type) => !present.has(type));
    if (missing !== undefined)
      throw new OperationError(codes.missingAttribute, `object class '${name}' requires attribute '${missing.name}'`);
  }
  if (governing.some(({ name }) => name === 'extensibleObject')) return;
  for (const type of present) {
    if (type.operational || governing.some(({ must, may }) => must.has(type) || may.has(type))) continue;
    throw new OperationError(codes.forbiddenAttribute, `attribute '${type.name}' not allowed`);
  }
}
