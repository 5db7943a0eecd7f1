// The value syntaxes of Active Directory.
// MS-ADTS 3.1.1.2.2.2: those of RFC 4517 and some of its own, in their LDAP forms.
import { syntaxes as standard, syntaxOid, type Syntax } from '../syntax.ts';
import { decodeText } from '../../ldap/syntax.ts';

export const adSyntax = {
  boolean: syntaxOid.boolean,
  dn: syntaxOid.dn,
  unicode: syntaxOid.directoryString,
  time: syntaxOid.generalizedTime,
  ia5: syntaxOid.ia5String,
  integer: syntaxOid.integer,
  numeric: syntaxOid.numericString,
  oid: syntaxOid.oid,
  octets: syntaxOid.octetString,
  printable: syntaxOid.printableString,
  teletex: '1.2.840.113556.1.4.905',
  large: '1.2.840.113556.1.4.906',
} as const;

function acceptNumber(bits: number) {
  return (value: Buffer): Buffer | undefined => {
    const text = value.toString('latin1');
    if (!/^-?\d{1,20}$/.test(text)) return undefined;
    const number = BigInt(text);
    return BigInt.asIntN(bits, number) === number ? Buffer.from(String(number)) : undefined;
  };
}

const acceptText = (value: Buffer): Buffer | undefined => (value.length > 0 && decodeText(value) !== undefined ? value : undefined);

/** Times are stored with one digit of a second. */
function acceptTime(value: Buffer): Buffer | undefined {
  const found = /^(\d{14})(?:\.\d+)?Z$/.exec(value.toString('latin1'));
  return found ? Buffer.from(`${found[1]}.0Z`) : undefined;
}

const own: readonly Syntax[] = [
  { oid: adSyntax.unicode, description: 'String(Unicode)', accept: acceptText },
  { oid: adSyntax.teletex, description: 'String(Teletex)', accept: acceptText },
  { oid: adSyntax.integer, description: 'Integer or Enumeration', accept: acceptNumber(32) },
  { oid: adSyntax.large, description: 'LargeInteger', accept: acceptNumber(64) },
  { oid: adSyntax.time, description: 'String(Generalized-Time)', accept: acceptTime },
  { oid: adSyntax.octets, description: 'String(Octet)', accept: (value) => (value.length > 0 ? value : undefined) },
];

const replaced = new Set(own.map(({ oid }) => oid));
export const syntaxes: readonly Syntax[] = [...standard.filter(({ oid }) => !replaced.has(oid)), ...own];
