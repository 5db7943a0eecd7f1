// The working copy of an entry: which modification a change becomes.
// RFC 4511 section 4.6; L-011, L-015, L-020.
import { describe, expect, test } from 'vitest';
import { Draft } from '../../src/mapping/draft.ts';
import { keyBySchema } from '../../src/mapping/value-key.ts';
import { describeChanges, entryOf, openLdap, type Values } from './sample.ts';

const never = { replaceOnly: () => false };
const draftOf = (values: Values) => new Draft(entryOf(values), keyBySchema(openLdap));
const changesOf = (draft: Draft, options: Parameters<Draft['changes']>[0] = never) => describeChanges(draft.changes(options));

describe('one value', () => {
  test('is replaced', () => {
    const draft = draftOf({ title: 'Clerk' });
    draft.exchange('title', 'Clerk', 'Boss');
    expect(changesOf(draft)).toEqual(['replace title Boss']);
  });
  test('is removed by an empty replace, which no missing value can fail', () => {
    const draft = draftOf({ title: 'Clerk' });
    draft.exchange('title', 'Clerk', undefined);
    expect(changesOf(draft)).toEqual(['replace title']);
  });
  test('L-015: computed from the old one, states the old one', () => {
    const draft = draftOf({ flags: '512' });
    draft.exchange('flags', '512', '514', { computed: true });
    expect(changesOf(draft)).toEqual(['delete flags 512', 'add flags 514']);
  });
  test('L-015: two bits of one attribute in one modification', () => {
    const draft = draftOf({ flags: '512' });
    draft.exchange('flags', '512', '514', { computed: true });
    draft.exchange('flags', '514', '530', { computed: true });
    expect(changesOf(draft)).toEqual(['delete flags 512', 'add flags 530']);
  });
  test('guarded by If-Match, states the old one', () => {
    const draft = draftOf({ title: 'Clerk' });
    draft.exchange('title', 'Clerk', 'Boss');
    expect(changesOf(draft, { ...never, guarded: true })).toEqual(['delete title Clerk', 'add title Boss']);
  });
  test('that ends as it was is no change', () => {
    const draft = draftOf({ title: 'Clerk' });
    draft.exchange('title', 'Clerk', 'Boss');
    draft.exchange('title', 'Boss', 'Clerk');
    expect(changesOf(draft)).toEqual([]);
  });
});

describe('several values', () => {
  test('L-020: the others are not named', () => {
    const draft = draftOf({ cn: ['a', 'b', 'c'] });
    draft.exchange('cn', 'b', 'x');
    expect(changesOf(draft)).toEqual(['delete cn b', 'add cn x']);
  });
  test('L-011: an attribute without equality rule is replaced as a whole', () => {
    const draft = draftOf({ facsimileTelephoneNumber: ['1', '2'] });
    draft.exchange('facsimileTelephoneNumber', '1', '3');
    expect(changesOf(draft, { replaceOnly: () => true })).toEqual(['replace facsimileTelephoneNumber 2 3']);
  });
  test('a value that the directory takes for one that is there takes its place', () => {
    const draft = draftOf({ cn: ['ann', 'bob'] });
    draft.exchange('cn', 'bob', 'ANN');
    expect(changesOf(draft)).toEqual(['delete cn ann bob', 'add cn ANN']);
  });
  test('of a list, what is there in another spelling is not added', () => {
    const draft = draftOf({ cn: ['ann'] });
    draft.exchangeAll('cn', [], ['ANN', 'bob', 'Bob'], { computed: true });
    expect(changesOf(draft)).toEqual(['add cn bob']);
  });
  test('only the case of one changes', () => {
    const draft = draftOf({ cn: ['ann', 'bob'] });
    draft.exchangeAll('cn', ['ann'], ['Ann'], { computed: true });
    expect(changesOf(draft)).toEqual(['delete cn ann', 'add cn Ann']);
  });
  test('DNs compare by meaning (L-036), and one that does not parse is just text', () => {
    const draft = draftOf({ member: ['CN=A, DC=x', 'no dn'] });
    draft.exchangeAll('member', [], ['cn=a,dc=x', 'cn=b,dc=x'], { computed: true });
    expect(changesOf(draft)).toEqual(['add member cn=b,dc=x']);
  });
});

test('values that nobody touched are not there', () => {
  const draft = draftOf({ title: 'Clerk', cn: 'a' });
  expect(draft.values('TITLE').map(String)).toEqual(['Clerk']);
  expect(draft.has('cn', 'A ')).toBe(true);
  expect(changesOf(draft)).toEqual([]);
});

test('after a rename the naming attribute is not named again', () => {
  const draft = draftOf({ uid: ['ann', 'annie'] });
  draft.exchange('uid', 'ann', 'bob');
  draft.renamed('uid', 'ann', 'bob');
  expect(changesOf(draft)).toEqual([]);
});

test('octets that are no text stay octets', () => {
  const draft = draftOf({ raw: Buffer.from([0xff]) });
  draft.exchange('raw', Buffer.from([0xff]), Buffer.from([0xfe]));
  expect(draft.changes(never)).toEqual([{ operation: 'replace', attribute: 'raw', values: [Buffer.from([0xfe])] }]);
});
