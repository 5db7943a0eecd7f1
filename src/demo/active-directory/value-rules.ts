// What a request may say of attributes: known ones, values of their syntax, not longer than allowed, not those that the server keeps.
// MS-ADTS 3.1.1.5.2.1 and 3.1.1.5.3.1 (constraints).
import { isUnder } from '../../ldap/dn.ts';
import { decodeText } from '../../ldap/syntax.ts';
import type { Attribute, Attributes } from '../attribute.ts';
import { octetPreparation } from '../matching.ts';
import { resolveDn } from '../names.ts';
import type { AttributeValues } from '../request.ts';
import { resultCode, type OperationError } from '../result.ts';
import type { AttributeType, ObjectClass } from '../schema.ts';
import { findVisible, readName, type Call } from './call.ts';
import { backLinks, references } from './links.ts';
import { refuse, refuseAttribute, refuseConversion, refuseName } from './refusal.ts';
import { adSchema } from './schema.ts';
import { adSyntax } from './syntax.ts';

/** @throws OperationError */
export function readAttribute({ description: text, values }: AttributeValues, call: Call): Attribute {
  const description = adSchema.description(text);
  if (description === undefined || description.options.length > 0 || !isPublished(description.type)) throw refuseConversion();
  const { type } = description;
  const accepted = values.map((value) => acceptValue(value, type, call));
  const preparation = type.equality?.preparation ?? octetPreparation;
  const keys = accepted.map((value) => preparation.key(value, 'whole', adSchema) ?? value.toString('latin1'));
  if (new Set(keys).size < keys.length) throw valueExists(type.name);
  return { description, values: accepted, keys };
}

/** Those of the root DSE have no object identifier: no entry has them. */
const isPublished = ({ oid }: AttributeType): boolean => /^\d/.test(oid);

function acceptValue(value: Buffer, type: AttributeType, call: Call): Buffer {
  const isName = type.syntax.oid === adSyntax.dn;
  const named = isName && value[0] === 0x3c ? Buffer.from(adSchema.writeDn(readName(value.toString('utf8'), call))) : value;
  const accepted = type.syntax.accept(named, adSchema);
  if (accepted === undefined && isName && value.length > 0) throw refuseName();
  if (accepted === undefined && type.syntax.oid === adSyntax.oid) throw refuseConversion();
  if (accepted === undefined) throw refuseAttribute(resultCode.invalidAttributeSyntax, '00000057', 'invalidSyntax', type.name);
  if (type.length !== undefined && (decodeText(accepted)?.length ?? accepted.length) > type.length)
    throw refuseAttribute(resultCode.constraintViolation, '00002082', 'constraint', type.name);
  return accepted;
}

export function valueExists(attribute: string): OperationError {
  if (attribute === 'member') return refuse(resultCode.entryAlreadyExists, '00000562', 'exists');
  return refuseAttribute(resultCode.attributeOrValueExists, '00002083', 'valueExists', attribute);
}

export function tooManyValues(attribute: string): OperationError {
  return refuseAttribute(resultCode.attributeOrValueExists, '00002081', 'valueExists', attribute);
}

/** Of the attributes that a client names. */
export function requireModifiable({ description: { type } }: Attribute): void {
  if (backLinks.has(type.name)) throw refuse(resultCode.unwillingToPerform, '0000209A', 'unwilling');
  if ((type.noUserModification && type.name !== 'objectClass') || type.operational)
    throw refuseAttribute(resultCode.constraintViolation, '000020B1', 'constraint', type.name);
}

/** What is referred to must be there. */
export function requireTargets({ description, values }: Attribute, call: Call): void {
  const { name } = description.type;
  if (!references.some((reference) => reference === name)) return;
  for (const value of values) {
    const dn = resolveDn(value.toString('utf8'), adSchema);
    const isThere = dn !== undefined && isUnder(dn, call.directory.suffix) && findVisible(dn, call) !== undefined;
    if (isThere) continue;
    if (name === 'member') throw refuse(resultCode.noSuchObject, '00000525', 'noObject');
    throw refuseAttribute(resultCode.constraintViolation, '000020B5', 'constraint', name);
  }
}

/** What classes of an entry allow; MUST attributes are all filled in by the server. */
export function requireAllowed(attributes: Attributes, classes: readonly ObjectClass[]): void {
  for (const { description, values } of attributes.values()) {
    const { type } = description;
    if (type.singleValue && values.length > 1) throw tooManyValues(type.name);
    if (!classes.some(({ must, may }) => must.has(type) || may.has(type)))
      throw refuse(resultCode.objectClassViolation, '0000207D', 'objectClass');
  }
}
