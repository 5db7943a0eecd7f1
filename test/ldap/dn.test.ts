// Distinguished names in the spellings that directories, administrators and older clients use.
// RFC 4514 sections 2.4, 3 and 4.
import { describe, expect, it } from 'vitest';
import { childOf, dnKey, emptyDn, equalDn, formatDn, formatRdn, isUnder, parentOf, parseDn, rdnValue } from '../../src/ldap/dn.ts';

const firstValue = (text: string): string | Buffer | undefined => parseDn(text).rdns[0]?.[0]?.value;

describe('parseDn', () => {
  it('reads RDNs from the entry upwards', () => {
    expect(parseDn('UID=jsmith,DC=example,DC=net').rdns).toEqual([
      [{ type: 'UID', value: 'jsmith' }],
      [{ type: 'DC', value: 'example' }],
      [{ type: 'DC', value: 'net' }],
    ]);
  });

  it('reads multi-valued RDNs', () => {
    expect(parseDn('OU=Sales+CN=J.  Smith,DC=example').rdns[0]).toEqual([
      { type: 'OU', value: 'Sales' },
      { type: 'CN', value: 'J.  Smith' },
    ]);
  });

  it.each(['', '  '])('reads %j as the empty DN', (text) => {
    expect(parseDn(text)).toEqual(emptyDn);
  });

  it.each([
    ['plain', 'cn=Steve Kille', 'Steve Kille'],
    ['escaped special characters', String.raw`cn=James \"Jim\" Smith\, III`, 'James "Jim" Smith, III'],
    ['every character that may be escaped', String.raw`cn=a\ \"\#\+\,\;\<\=\>\\`, 'a "#+,;<=>\\'],
    ['a plain = and # inside', 'cn=a=b#c', 'a=b#c'],
    ['a hex pair', String.raw`cn=Before\0dAfter`, 'Before\rAfter'],
    ['UTF-8 over several hex pairs', String.raw`sn=Lu\C4\8Di\C4\87`, 'Lučić'],
    ['UTF-8 as it is', 'sn=Lučić', 'Lučić'],
    ['a code point outside the BMP', String.raw`cn=\F0\9F\98\80`, '😀'],
    ['a byte order mark', String.raw`cn=\EF\BB\BFa`, '\uFEFFa'],
    ['an escaped leading and trailing blank', String.raw`cn=\ a \ `, ' a  '],
    ['hex-escaped blanks', String.raw`cn=\20a\20`, ' a '],
    ['blanks around = and the value', 'cn =  a b  ', 'a b'],
    ['a value of one blank', String.raw`cn=\ `, ' '],
    ['an empty value', 'cn=', ''],
    [
      'a deleted object of Active Directory',
      String.raw`CN=Ann\0ADEL:e67b067d-fc68-4755-b104-000000000000,DC=x`,
      'Ann\nDEL:e67b067d-fc68-4755-b104-000000000000',
    ],
    ['LDAPv2: a quoted value', 'o="Sue, Grabbit and Runn" ,c=GB', 'Sue, Grabbit and Runn'],
    ['LDAPv2: escapes in a quoted value', String.raw`o="a \"b\" \\ "`, 'a "b" \\ '],
    ['#hex of an OCTET STRING', '1.3.6.1.4.1.1466.0=#04024869', 'Hi'],
    ['#hex of a UTF8String', 'cn=#0C04426CC3B6', 'Blö'],
    ['#hex with a wrong length', 'cn=#0C05426CC3B6', Buffer.from('0c05426cc3b6', 'hex')],
    ['#hex with an indefinite length', 'cn=#048048690000', Buffer.from('048048690000', 'hex')],
    ['#hex of a PrintableString', 'c=#13024445', 'DE'],
    ['#hex with a long form length', 'cn=#0481024869', 'Hi'],
    ['#hex of a string that is no UTF-8', 'cn=#0402fffe', Buffer.from('0402fffe', 'hex')],
    ['#hex of an INTEGER', 'cn=#020105', Buffer.from('020105', 'hex')],
    ['escaped octets that are no UTF-8, as their OCTET STRING', String.raw`cn=\ff\fe`, Buffer.from('0402fffe', 'hex')],
  ])('reads %s', (_, text, value) => {
    expect(firstValue(text)).toEqual(value);
  });

  it('tolerates blanks around separators, and ; as a separator of LDAPv2', () => {
    expect(formatDn(parseDn(' cn = a + sn = b , ou = c;dc = d '))).toBe('cn=a+sn=b,ou=c,dc=d');
  });

  it('drops the oid. prefix of LDAPv2', () => {
    expect(parseDn('OID.2.5.4.3=a').rdns[0]).toEqual([{ type: '2.5.4.3', value: 'a' }]);
  });

  it.each([
    ['cn', 3],
    ['cn=a,', 6],
    [',cn=a', 1],
    ['cn=a,,dc=b', 6],
    ['=a', 1],
    ['cn=a+', 6],
    ['1cn=a', 2],
    ['cn=a<b', 5],
    ['cn=a"b', 5],
    ['cn=a\0b', 5],
    [String.raw`cn=a\zb`, 5],
    ['cn=a\\', 5],
    [String.raw`cn=a\4`, 5],
    ['cn=#', 4],
    ['cn=#0', 4],
    ['cn=#04024869xyz', 13],
    ['cn="a', 6],
    ['cn="a"b', 7],
    ['c n=a', 3],
  ])('refuses %j at column %i', (text, column) => {
    expect(() => parseDn(text)).toThrow(SyntaxError);
    expect(() => parseDn(text)).toThrow(`column ${column}:`);
  });

  it('reads hostile lengths in linear time', () => {
    const blanks = ' '.repeat(200_000);
    expect(firstValue(`cn=a${blanks}b${blanks}`)).toBe(`a${blanks}b`);
  });
});

describe('formatDn', () => {
  it.each([
    [', and + and ; and quotes', `a,b+c;d"e`, String.raw`cn=a\,b\+c\;d\"e`],
    ['\\ and < and >', String.raw`a\b<c>`, String.raw`cn=a\\b\<c\>`],
    ['=, which Samba takes for a part of the DN otherwise', 'a=b', 'cn=a\\=b'],
    ['a leading #', '#1 #2', String.raw`cn=\#1 #2`],
    ['the first of two leading blanks', '  a', String.raw`cn=\  a`],
    ['the last of two trailing blanks', 'a  ', String.raw`cn=a \ `],
    ['a single blank', ' ', String.raw`cn=\ `],
    ['NUL and other control characters', 'a\0b\nc', String.raw`cn=a\00b\0ac`],
    ['nothing in non-ASCII text', 'Lučić 😀', 'cn=Lučić 😀'],
  ])('L-044 escapes %s', (_, value, text) => {
    expect(formatDn({ rdns: [[{ type: 'cn', value }]] })).toBe(text);
    expect(firstValue(text)).toBe(value);
  });

  it('writes raw BER as #hex', () => {
    expect(formatRdn([{ type: 'x', value: Buffer.from('0402fffe', 'hex') }])).toBe('x=#0402fffe');
  });

  it('R-226 keeps a hostile value inside its RDN', () => {
    const dn = childOf([{ type: 'uid', value: 'x,dc=evil+cn=admin' }], parseDn('dc=example'));
    expect(parseDn(formatDn(dn))).toEqual(dn);
    expect(parseDn(formatDn(dn)).rdns).toHaveLength(2);
  });
});

describe('dnKey', () => {
  it.each([
    ['the case of types and values', 'CN=Ann,DC=Example', 'cn=ANN,dc=example'],
    ['blanks', String.raw`cn=\ Ann    Lee\ ,dc=x`, 'cn=Ann Lee , dc=x'],
    ['escapes', String.raw`cn=a\2cb`, String.raw`cn=a\,b`],
    ['the order in an RDN', 'cn=a+sn=b', 'SN=B+CN=A'],
    ['OIDs of types', '2.5.4.3=a,0.9.2342.19200300.100.1.25=b', 'cn=a,dc=b'],
    ['long names of types', 'commonName=a,domainComponent=b', 'cn=a,dc=b'],
    ['composed and decomposed text', 'cn=Jose\u0301', 'cn=José'],
    ['compatible characters', 'cn=ﬁ\u00a0x', 'cn=fi x'],
    ['the final sigma', 'cn=ΟΔΟΣ', 'cn=οδος'],
    ['encodings', 'cn=#0403416E6E', 'cn=Ann'],
    ['quotes of LDAPv2', 'o="a, b";c=GB', String.raw`o=a\, b,c=gb`],
  ])('L-036 is blind to %s', (_, left, right) => {
    expect(dnKey(parseDn(left))).toBe(dnKey(parseDn(right)));
    expect(equalDn(parseDn(left), parseDn(right))).toBe(true);
  });

  it.each([
    ['a comma in a value and an RDN', String.raw`cn=a\,dc=b`, 'cn=a,dc=b'],
    ['a plus in a value and an AVA', String.raw`cn=a\+sn=b`, 'cn=a+sn=b'],
    ['#hex and its text', 'cn=#020105', String.raw`cn=\#020105`],
    ['ı and i', 'cn=ı', 'cn=i'],
    ['types', 'cn=a', 'ou=a'],
    ['lengths', 'dc=a,dc=b', 'dc=b'],
    ['orders', 'dc=a,dc=b', 'dc=b,dc=a'],
  ])('tells apart %s', (_, left, right) => {
    expect(dnKey(parseDn(left))).not.toBe(dnKey(parseDn(right)));
    expect(equalDn(parseDn(left), parseDn(right))).toBe(false);
  });
});

describe('the tree', () => {
  const base = parseDn('ou=People,dc=example');

  it.each([
    ['OU=people, DC=example', true],
    ['uid=a,ou=people,dc=example', true],
    ['uid=b,uid=a,ou=people,dc=example', true],
    ['dc=example', false],
    ['', false],
    ['uid=a,ou=groups,dc=example', false],
    [String.raw`uid=a\,ou=people,dc=example`, false],
    ['uid=a,ou=people,dc=example,dc=other', false],
  ])('R-222 isUnder of %j is %s', (text, expected) => {
    expect(isUnder(parseDn(text), base)).toBe(expected);
  });

  it('everything is under the empty DN', () => {
    expect(isUnder(base, emptyDn)).toBe(true);
    expect(isUnder(emptyDn, emptyDn)).toBe(true);
  });

  it('goes up and down', () => {
    expect(formatDn(parentOf(base))).toBe('dc=example');
    expect(childOf(base.rdns[0] ?? [], parentOf(base))).toEqual(base);
  });

  it('the empty DN has no parent', () => {
    expect(() => parentOf(emptyDn)).toThrow(RangeError);
  });

  it('rdnValue finds a value of the own RDN by any name of its type', () => {
    const dn = parseDn('uid=ann+cn=Ann Lee,ou=People');
    expect(rdnValue(dn, 'CN')).toBe('Ann Lee');
    expect(rdnValue(dn, 'commonName')).toBe('Ann Lee');
    expect(rdnValue(dn, '0.9.2342.19200300.100.1.1')).toBe('ann');
    expect(rdnValue(dn, 'ou')).toBeUndefined();
    expect(rdnValue(emptyDn, 'cn')).toBeUndefined();
    expect(rdnValue(dn, '__proto__')).toBeUndefined();
  });
});
