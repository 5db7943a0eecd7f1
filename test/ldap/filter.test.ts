// Search filters: the text forms of RFC 4515, positions of mistakes, escaping, and the constructors' simplifications.
// RFC 4515 sections 3 and 4; RFC 4526.
import { describe, expect, it } from 'vitest';
import type { Filter } from '../../src/ldap/filter.ts';
import {
  absoluteFalse,
  absoluteTrue,
  and,
  equal,
  extensible,
  filterAttributes,
  formatFilter,
  greaterOrEqual,
  lessOrEqual,
  not,
  or,
  parseFilter,
  present,
  substring,
} from '../../src/ldap/filter.ts';

const a = equal('a', '1');
const b = equal('b', '2');
const c = equal('c', '3');

describe('parseFilter', () => {
  it.each<[string, Filter]>([
    ['(cn=Babs Jensen)', equal('cn', 'Babs Jensen')],
    ['(!(cn=Tim Howes))', { kind: 'not', filter: equal('cn', 'Tim Howes') }],
    ['(o=univ*of*mich*)', { kind: 'substring', attribute: 'o', initial: 'univ', any: ['of', 'mich'] }],
    ['(o=*mich)', { kind: 'substring', attribute: 'o', any: [], final: 'mich' }],
    ['(o=a*b)', { kind: 'substring', attribute: 'o', initial: 'a', any: [], final: 'b' }],
    ['(o=*a*)', { kind: 'substring', attribute: 'o', any: ['a'] }],
    ['(o=a**b)', { kind: 'substring', attribute: 'o', initial: 'a', any: [], final: 'b' }],
    ['(seeAlso=)', equal('seeAlso', '')],
    ['(seeAlso=*)', present('seeAlso')],
    ['(seeAlso=**)', present('seeAlso')],
    ['(cn>=a)', greaterOrEqual('cn', 'a')],
    ['(cn<=a)', lessOrEqual('cn', 'a')],
    ['(cn~=a)', { kind: 'approx', attribute: 'cn', value: 'a' }],
    ['(cn;lang-en;x-1=a)', equal('cn;lang-en;x-1', 'a')],
    ['(2.5.4.3=a)', equal('2.5.4.3', 'a')],
    ['(cn==a)', equal('cn', '=a')],
    ['(cn= a )', equal('cn', ' a ')],
    ['(&)', absoluteTrue],
    ['(|)', absoluteFalse],
    ['(&(a=1))', { kind: 'and', filters: [a] }],
    ['(&(a=1)(|(b=2)(c=3)))', { kind: 'and', filters: [a, { kind: 'or', filters: [b, c] }] }],
    [' ( & (a=1)\n  (!  (b=2) ) ) ', { kind: 'and', filters: [a, { kind: 'not', filter: b }] }],
    ['(cn:caseExactMatch:=Fred)', extensible('Fred', { attribute: 'cn', rule: 'caseExactMatch' })],
    ['(cn:=Betty)', extensible('Betty', { attribute: 'cn' })],
    ['(sn:dn:2.4.6.8.10:=Barney)', extensible('Barney', { attribute: 'sn', rule: '2.4.6.8.10', dnAttributes: true })],
    ['(o:DN:=Ace)', extensible('Ace', { attribute: 'o', dnAttributes: true })],
    ['(:1.2.3:=Wilma)', extensible('Wilma', { rule: '1.2.3' })],
    ['(:dn:2.4.6:=Dino)', extensible('Dino', { rule: '2.4.6', dnAttributes: true })],
    [
      '(userAccountControl:1.2.840.113556.1.4.803:=2)',
      extensible('2', { attribute: 'userAccountControl', rule: '1.2.840.113556.1.4.803' }),
    ],
    [String.raw`(o=Parens R Us \28for all your parenthetical needs\29)`, equal('o', 'Parens R Us (for all your parenthetical needs)')],
    [String.raw`(cn=*\2A*)`, { kind: 'substring', attribute: 'cn', any: ['*'] }],
    [String.raw`(filename=C:\5cMyFile)`, equal('filename', 'C:\\MyFile')],
    [String.raw`(bin=\00\00\00\04)`, equal('bin', '\0\0\0\u0004')],
    [String.raw`(sn=Lu\c4\8di\c4\87)`, equal('sn', 'Lučić')],
    ['(sn=Lučić)', equal('sn', 'Lučić')],
    [String.raw`(objectGUID=\7d\06\7b\e6)`, equal('objectGUID', Buffer.from('7d067be6', 'hex'))],
    [String.raw`(x=a\ff*b)`, { kind: 'substring', attribute: 'x', initial: Buffer.from('61ff', 'hex'), any: [], final: 'b' }],
  ])('reads %j', (text, filter) => {
    expect(parseFilter(text)).toEqual(filter);
  });

  it.each([
    ['', 1],
    ['cn=a', 1],
    ['()', 2],
    ['(cn)', 4],
    ['(cn=a', 6],
    ['(cn=a))', 7],
    ['(cn=a)(sn=b)', 7],
    ['((cn=a))', 2],
    ['(&(cn=a)', 9],
    ['(&cn=a)', 3],
    ['(!)', 3],
    ['(!(a=1)(b=2))', 8],
    ['(cn=a(b)', 6],
    ['(=a)', 2],
    ['(cn>=a*)', 7],
    ['(cn:=a*)', 7],
    ['(cn =a)', 4],
    ['(1.=a)', 3],
    ['(cn;=a)', 4],
    [String.raw`(cn=\)`, 5],
    [String.raw`(cn=a\2)`, 6],
    [String.raw`(cn=a\zz)`, 6],
    ['(cn=a\0b)', 6],
    ['(:=a)', 2],
    ['(:dn:=a)', 5],
    ['(cn:x y:=a)', 4],
    ['(cn:a:b:=x)', 6],
  ])('refuses %j at column %i', (text, column) => {
    expect(() => parseFilter(text)).toThrow(SyntaxError);
    expect(() => parseFilter(text)).toThrow(`column ${column}:`);
  });

  it('R-228 T-037 refuses nesting deeper than 100, without overflowing the stack', () => {
    const nested = (depth: number): string => `${'(!'.repeat(depth - 1)}(a=1)${')'.repeat(depth - 1)}`;
    expect(parseFilter(nested(100)).kind).toBe('not');
    expect(() => parseFilter(nested(101))).toThrow('nested deeper than 100');
    expect(() => parseFilter(nested(1_000_000))).toThrow(SyntaxError);
  });
});

describe('formatFilter', () => {
  it.each<[Filter, string]>([
    [equal('cn', 'a*b(c)d\\e\0f'), String.raw`(cn=a\2ab\28c\29d\5ce\00f)`],
    [equal('sn', 'Lučić'), '(sn=Lučić)'],
    [equal('objectGUID', Buffer.from('7d06412a', 'hex')), String.raw`(objectGUID=\7d\06\41\2a)`],
    [substring('cn', { initial: 'a*', any: ['b'], final: Buffer.from([0xff]) }), String.raw`(cn=a\2a*b*\ff)`],
    [substring('cn', { any: ['b'] }), '(cn=*b*)'],
    [extensible('x', { attribute: 'cn', rule: '2.5.13.5', dnAttributes: true }), '(cn:dn:2.5.13.5:=x)'],
    [extensible('x', { rule: '2.5.13.5' }), '(:2.5.13.5:=x)'],
    [and([a, or([b, not(c)])]), '(&(a=1)(|(b=2)(!(c=3))))'],
    [and([present('a'), greaterOrEqual('b', '2'), lessOrEqual('c', '3')]), '(&(a=*)(b>=2)(c<=3))'],
    [absoluteTrue, '(&)'],
    [absoluteFalse, '(|)'],
  ])('writes %j', (filter, text) => {
    expect(formatFilter(filter)).toBe(text);
  });

  it('R-226 T-036 keeps a hostile value inside its assertion', () => {
    const filter = equal('uid', '*)(uid=*))(|(uid=*');
    expect(parseFilter(formatFilter(filter))).toEqual(filter);
  });
});

describe('constructors', () => {
  it.each<[string, Filter, Filter]>([
    ['and flattens', and([a, and([b, c])]), { kind: 'and', filters: [a, b, c] }],
    ['or flattens', or([or([a, b]), c]), { kind: 'or', filters: [a, b, c] }],
    ['and keeps an or', and([a, or([b, c])]), { kind: 'and', filters: [a, { kind: 'or', filters: [b, c] }] }],
    ['and of one is that one', and([a]), a],
    ['or of one is that one', or([a]), a],
    ['and of nothing is true', and([]), absoluteTrue],
    ['or of nothing is false', or([]), absoluteFalse],
    ['and drops true', and([absoluteTrue, a]), a],
    ['or drops false', or([absoluteFalse, a]), a],
    ['false wins in and', and([a, absoluteFalse, b]), absoluteFalse],
    ['true wins in or', or([a, absoluteTrue, b]), absoluteTrue],
    ['not not', not(not(a)), a],
    ['not true', not(absoluteTrue), absoluteFalse],
    ['not false', not(absoluteFalse), absoluteTrue],
    ['a substring of nothing is presence', substring('cn', { initial: '', any: [''], final: Buffer.alloc(0) }), present('cn')],
  ])('%s', (_, simplified, expected) => {
    expect(simplified).toEqual(expected);
  });
});

it('filterAttributes names each attribute once, as spelt', () => {
  const filter = parseFilter('(&(CN=a)(|(sn=*)(!(mail=*b*)))(CN>=b)(:1.2.3:=x)(o:dn:=y)(cn;lang-en=z))');
  expect(filterAttributes(filter)).toEqual(['CN', 'sn', 'mail', 'o', 'cn;lang-en']);
});
