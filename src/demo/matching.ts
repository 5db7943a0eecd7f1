// Matching rules: how an assertion value meets an attribute value. A rule turns both into keys; equal keys are equal values.
// RFC 4517 section 4.2, RFC 4530 section 2.3; the CSN rules and the DN scope rules of OpenLDAP.
import { decodeText } from '../ldap/syntax.ts';
import type { Names } from './names.ts';
import { nameKey, resolveDn } from './names.ts';
import { syntaxOid } from './syntax.ts';
import type { Part } from './text-preparation.ts';
import { collapseBlanks, foldCase, prepareTelephone, prepareText, prepareTime } from './text-preparation.ts';

/** One way to make keys of values; rules that share it can be answered from the same keys. */
export interface Preparation {
  /** Undefined: the octets are no value that this rule can compare. */
  readonly key: (octets: Buffer, part: Part, names: Names) => string | undefined;
  /** Order of two keys where it is not that of the text. */
  readonly compare?: (a: string, b: string) => number;
}

export interface MatchingRule {
  readonly oid: string;
  readonly name: string;
  /** Of the assertion value. */
  readonly syntax: string;
  readonly use: 'equality' | 'ordering' | 'substring';
  readonly preparation: Preparation;
}

const textKey = (prepare: (text: string, part: Part) => string | undefined): Preparation => ({
  key: (octets, part) => {
    const text = decodeText(octets);
    return text === undefined ? undefined : prepare(text, part);
  },
});
const wholeOnly = (prepare: (text: string) => string | undefined) =>
  textKey((text, part) => (part === 'whole' ? prepare(text) : undefined));
const whenMatching = (pattern: RegExp, fold: (text: string) => string) =>
  wholeOnly((text) => (pattern.test(text) ? fold(text) : undefined));
const same = (text: string): string => text;

// eslint-disable-next-line no-control-regex
const ascii = /^[\x00-\x7f]*$/;
const nonEmpty = (text: string, part: Part): boolean => text !== '' || part !== 'whole';

const caseIgnore = textKey((text, part) => (nonEmpty(text, part) ? prepareText(text, part, true) : undefined));
const caseExact = textKey((text, part) => (nonEmpty(text, part) ? prepareText(text, part, false) : undefined));
const caseIgnoreIa5 = textKey((text, part) => (ascii.test(text) ? collapseBlanks(foldCase(text), part) : undefined));
const caseExactIa5 = textKey((text, part) => (ascii.test(text) ? collapseBlanks(text, part) : undefined));
const telephone = textKey((text, part) => (nonEmpty(text, part) ? prepareTelephone(text) : undefined));
const numeric = textKey((text) => (/^[\d ]+$/.test(text) ? text.replaceAll(' ', '') : undefined));
const integer: Preparation = {
  ...whenMatching(/^(?:0|-?[1-9]\d*)$/, same),
  compare: (a, b) => (BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0),
};
const generalizedTime = wholeOnly(prepareTime);
const boolean = whenMatching(/^(?:TRUE|FALSE)$/, same);
const uuid = whenMatching(/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i, (text) => text.toLowerCase());
const csn = whenMatching(/^\d{14}\.\d{6}Z#[\da-f]{6}#[\da-f]{3}#[\da-f]{6}$/i, (text) => text.toLowerCase());
const octets: Preparation = { key: (value) => value.toString('latin1') };
const distinguishedName: Preparation = {
  key: (value, part, names) => {
    const dn = part === 'whole' ? resolveDn(value.toString('utf8'), names) : undefined;
    return dn === undefined ? undefined : nameKey(dn);
  },
};
const objectIdentifier: Preparation = {
  key: (value, part, names) => {
    if (part !== 'whole') return undefined;
    const text = value.toString('latin1');
    const known = names.objectClassName(text) ?? names.attributeName(text);
    return known?.toLowerCase() ?? (/^\d+(\.\d+)+$/.test(text) ? text : undefined);
  },
};

const rule = (oid: string, name: string, use: MatchingRule['use'], syntax: string, preparation: Preparation): MatchingRule => ({
  oid,
  name,
  use,
  syntax,
  preparation,
});
const substringAssertion = '1.3.6.1.4.1.1466.115.121.1.58';

export const matchingRules: readonly MatchingRule[] = [
  rule('2.5.13.0', 'objectIdentifierMatch', 'equality', syntaxOid.oid, objectIdentifier),
  rule('2.5.13.1', 'distinguishedNameMatch', 'equality', syntaxOid.dn, distinguishedName),
  rule('2.5.13.2', 'caseIgnoreMatch', 'equality', syntaxOid.directoryString, caseIgnore),
  rule('2.5.13.3', 'caseIgnoreOrderingMatch', 'ordering', syntaxOid.directoryString, caseIgnore),
  rule('2.5.13.4', 'caseIgnoreSubstringsMatch', 'substring', substringAssertion, caseIgnore),
  rule('2.5.13.5', 'caseExactMatch', 'equality', syntaxOid.directoryString, caseExact),
  rule('2.5.13.6', 'caseExactOrderingMatch', 'ordering', syntaxOid.directoryString, caseExact),
  rule('2.5.13.7', 'caseExactSubstringsMatch', 'substring', substringAssertion, caseExact),
  rule('2.5.13.8', 'numericStringMatch', 'equality', syntaxOid.numericString, numeric),
  rule('2.5.13.9', 'numericStringOrderingMatch', 'ordering', syntaxOid.numericString, numeric),
  rule('2.5.13.10', 'numericStringSubstringsMatch', 'substring', substringAssertion, numeric),
  rule('2.5.13.11', 'caseIgnoreListMatch', 'equality', syntaxOid.postalAddress, caseIgnore),
  rule('2.5.13.12', 'caseIgnoreListSubstringsMatch', 'substring', substringAssertion, caseIgnore),
  rule('2.5.13.13', 'booleanMatch', 'equality', syntaxOid.boolean, boolean),
  rule('2.5.13.14', 'integerMatch', 'equality', syntaxOid.integer, integer),
  rule('2.5.13.15', 'integerOrderingMatch', 'ordering', syntaxOid.integer, integer),
  rule('2.5.13.17', 'octetStringMatch', 'equality', syntaxOid.octetString, octets),
  rule('2.5.13.18', 'octetStringOrderingMatch', 'ordering', syntaxOid.octetString, octets),
  rule('2.5.13.19', 'octetStringSubstringsMatch', 'substring', syntaxOid.octetString, octets),
  rule('2.5.13.20', 'telephoneNumberMatch', 'equality', syntaxOid.telephoneNumber, telephone),
  rule('2.5.13.21', 'telephoneNumberSubstringsMatch', 'substring', substringAssertion, telephone),
  rule('2.5.13.27', 'generalizedTimeMatch', 'equality', syntaxOid.generalizedTime, generalizedTime),
  rule('2.5.13.28', 'generalizedTimeOrderingMatch', 'ordering', syntaxOid.generalizedTime, generalizedTime),
  rule('1.3.6.1.1.16.2', 'UUIDMatch', 'equality', syntaxOid.uuid, uuid),
  rule('1.3.6.1.1.16.3', 'UUIDOrderingMatch', 'ordering', syntaxOid.uuid, uuid),
  rule('1.3.6.1.4.1.1466.109.114.1', 'caseExactIA5Match', 'equality', syntaxOid.ia5String, caseExactIa5),
  rule('1.3.6.1.4.1.1466.109.114.2', 'caseIgnoreIA5Match', 'equality', syntaxOid.ia5String, caseIgnoreIa5),
  rule('1.3.6.1.4.1.1466.109.114.3', 'caseIgnoreIA5SubstringsMatch', 'substring', syntaxOid.ia5String, caseIgnoreIa5),
  rule('1.3.6.1.4.1.4203.1.2.1', 'caseExactIA5SubstringsMatch', 'substring', syntaxOid.ia5String, caseExactIa5),
  rule('1.3.6.1.4.1.4203.666.11.2.2', 'CSNMatch', 'equality', syntaxOid.csn, csn),
  rule('1.3.6.1.4.1.4203.666.11.2.3', 'CSNOrderingMatch', 'ordering', syntaxOid.csn, csn),
];

/** The key of an attribute without an equality rule: its octets, which only tell identical values. */
export const octetPreparation = octets;

/** For the rules of other products. */
export const preparations = {
  boolean,
  caseExactIa5,
  distinguishedName,
  generalizedTime,
  integer,
  numeric,
  objectIdentifier,
  octets,
  textKey,
} as const;
