// Content synchronization on the wire, octet by octet; what a hostile or broken server may send is an error, never a silent part.
// RFC 4533 section 2.
import { describe, expect, test } from 'vitest';
import { readSyncDone, readSyncInfo, readSyncState, syncOids, syncRequest } from '../../src/ldap/sync-controls.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const octets = '00112233445566778899aabbccddeeff';
const uuid = '00112233-4455-6677-8899-aabbccddeeff';
const control = (oid: string, value: string): { oid: string; critical: boolean; value: Buffer } => ({
  oid,
  critical: false,
  value: hex(value),
});

test('a request is refreshOnly, critical, with or without a cookie', () => {
  expect(syncRequest(undefined)).toEqual({ oid: syncOids.request, critical: true, value: hex('3003 0a0101') });
  expect(syncRequest('ab').value).toEqual(hex('3007 0a0101 04026162'));
});

describe('the state of an entry', () => {
  test.each([
    ['present', `3015 0a0100 0410${octets.slice(0)}`],
    ['add', `3015 0a0101 0410${octets}`],
    ['modify', `3015 0a0102 0410${octets}`],
    ['delete', `3015 0a0103 0410${octets}`],
  ])('is %s', (state, value) => {
    expect(readSyncState([control(syncOids.state, value)])).toEqual({ state, uuid, cookie: undefined });
  });

  test('may have a cookie, or be absent', () => {
    expect(readSyncState([control(syncOids.state, `3018 0a0101 0410${octets} 040163`)])).toEqual({ state: 'add', uuid, cookie: 'c' });
    expect(readSyncState([])).toBeUndefined();
    expect(readSyncState([control(syncOids.done, '3000')])).toBeUndefined();
  });

  test.each([
    ['an unknown state', `3015 0a0104 0410${octets}`],
    ['a short UUID', '3014 0a0101 040f00112233445566778899aabbccddee'],
    ['no UUID', '3003 0a0101'],
    ['a sequence beyond its end', `3016 0a0101 0410${octets}`],
  ])('is refused with %s', (_, value) => {
    expect(() => readSyncState([control(syncOids.state, value)])).toThrow(Error);
  });
});

test.each([
  ['3000', { cookie: undefined, refreshDeletes: false }],
  ['3003 0101ff', { cookie: undefined, refreshDeletes: true }],
  ['3003 040163', { cookie: 'c', refreshDeletes: false }],
  ['3006 040163 0101ff', { cookie: 'c', refreshDeletes: true }],
  ['3006 040163 010100', { cookie: 'c', refreshDeletes: false }],
])('the end %s is read', (value, done) => {
  expect(readSyncDone([control(syncOids.done, value)])).toEqual(done);
});

describe('a message between entries', () => {
  test.each([
    ['8001 63', { kind: 'newCookie', cookie: 'c' }],
    ['a100', { kind: 'refreshDelete', cookie: undefined }],
    ['a106 040163 010100', { kind: 'refreshDelete', cookie: 'c' }],
    ['a203 040163', { kind: 'refreshPresent', cookie: 'c' }],
    ['a302 3100', { kind: 'idSet', cookie: undefined, refreshDeletes: false, uuids: [] }],
    [`a31a 040163 0101ff 3112 0410${octets}`, { kind: 'idSet', cookie: 'c', refreshDeletes: true, uuids: [uuid] }],
    [`a326 3124 0410${octets} 0410${octets}`, { kind: 'idSet', cookie: undefined, refreshDeletes: false, uuids: [uuid, uuid] }],
  ])('%s is read', (value, message) => {
    expect(readSyncInfo(hex(value))).toEqual(message);
  });

  test.each(['', 'a400', 'a300', `a314 3113 0410${octets}`, 'a304 31020401', '3000'])('%j is refused', (value) => {
    expect(() => readSyncInfo(hex(value))).toThrow(Error);
  });
});
