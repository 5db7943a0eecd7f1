// Requests as the octets that RFC 4511 prescribes, responses read back, PDUs cut out of any stream of chunks.
// RFC 4511 sections 4 and 5.1.
import { describe, expect, test } from 'vitest';
import { assertion, matchedValues, pagedResults, postRead, readPage, readPolicyError, readPostRead } from '../../src/ldap/controls.ts';
import type { Filter } from '../../src/ldap/filter.ts';
import { maximumPduLength, PduFramer } from '../../src/ldap/framer.ts';
import { encode, encodeMessage, writeFilter, type Control, type Request } from '../../src/ldap/message.ts';
import { decodeMessage, readMessageId } from '../../src/ldap/response.ts';
import { entry, intermediate, reference, result } from '../servers/scripted.ts';

const hex = (octets: Buffer): string => octets.toString('hex');
const text = (value: string): string => Buffer.from(value).toString('hex');
const present: Filter = { kind: 'present', attribute: 'cn' };

describe('requests', () => {
  const cases: readonly (readonly [string, Request, string])[] = [
    ['bind', { operation: 'bind', dn: 'cn=a', password: 'p' }, '3011020101 600c 020103 0404636e3d61 800170'],
    ['unbind', { operation: 'unbind' }, '3005020101 4200'],
    ['abandon', { operation: 'abandon', messageId: 300 }, '3007020101 5002012c'],
    ['delete', { operation: 'delete', dn: 'cn=a' }, '3009020101 4a04636e3d61'],
    ['compare', { operation: 'compare', dn: 'cn=a', attribute: 'cn', value: 'a' }, '3014020101 6e0f 0404636e3d61 3007 0402636e 040161'],
    [
      'search',
      { operation: 'search', base: '', scope: 'sub', filter: present, attributes: ['1.1'], sizeLimit: 200, timeLimit: 3 },
      '3022020101 631d 0400 0a0102 0a0100 020200c8 020103 010100 8702636e 3005 0403312e31',
    ],
    [
      'add without empty attributes',
      {
        operation: 'add',
        dn: 'cn=a',
        attributes: new Map([
          ['cn', ['a']],
          ['sn', []],
        ]),
      },
      '3018020101 6813 0404636e3d61 300b 3009 0402636e 3103 040161',
    ],
    [
      'rename',
      { operation: 'modifyDn', dn: 'cn=a', newRdn: 'cn=b', deleteOldRdn: true },
      '3014020101 6c0f 0404636e3d61 0404636e3d62 0101ff',
    ],
    [
      'move',
      { operation: 'modifyDn', dn: 'cn=a', newRdn: 'cn=b', deleteOldRdn: false, newSuperior: 'o=c' },
      '3019020101 6c14 0404636e3d61 0404636e3d62 010100 80036f3d63',
    ],
    ['extended', { operation: 'extended', oid: '1.2', value: Buffer.from('v') }, '300d020101 7708 8003312e32 810176'],
  ];
  test.each(cases)('%s', (_name, request, octets) => {
    expect(hex(encodeMessage(1, request))).toBe(octets.replaceAll(' ', ''));
  });

  test('modify keeps octets that are no text and sends a delete without values as an empty set', () => {
    const request: Request = {
      operation: 'modify',
      dn: 'cn=a',
      changes: [
        { operation: 'replace', attribute: 'sn', values: [Buffer.from([0xff])] },
        { operation: 'delete', attribute: 'l', values: [] },
      ],
    };
    const octets = hex(encodeMessage(1, request));
    expect(octets).toContain('300e0a010230090402736e31030401ff');
    expect(octets).toContain('300a0a0101300504016c3100');
  });

  test('controls follow the operation; criticality is left out when false (RFC 4511 5.1)', () => {
    const controls: readonly Control[] = [
      { oid: '1.2', critical: true, value: Buffer.from('v') },
      { oid: '1.3', critical: false },
    ];
    expect(hex(encodeMessage(1, { operation: 'unbind' }, controls))).toBe('301b0201014200a014300b0403312e320101ff04017630050403312e33');
  });

  test('a modify that fills a buffer of the encoder to its last octet loses none of them', () => {
    const values = Array.from({ length: 5138 }, () => Buffer.alloc(100, 'x'));
    for (let length = 1; length < 250; length++) {
      const last = Buffer.alloc(length, 'y');
      const octets = encodeMessage(1, {
        operation: 'modify',
        dn: 'cn=a',
        changes: [{ operation: 'replace', attribute: 'sn', values: [...values, last] }],
      });
      expect(new PduFramer().push(octets)).toHaveLength(1);
      expect(octets.subarray(-length).equals(last)).toBe(true);
    }
  });
});

describe('filters', () => {
  const octets = (filter: Filter): string => hex(encode((writer) => writeFilter(writer, filter)));
  const cases: readonly (readonly [string, Filter, string])[] = [
    ['and of nothing', { kind: 'and', filters: [] }, 'a000'],
    ['or', { kind: 'or', filters: [present, present] }, 'a1088702636e8702636e'],
    ['not', { kind: 'not', filter: present }, 'a2048702636e'],
    ['equality with octets above 0x7f', { kind: 'equal', attribute: 'x', value: Buffer.from([0xd3, 0, 0x80]) }, 'a3080401780403d30080'],
    ['equality with UTF-8', { kind: 'equal', attribute: 'x', value: 'é' }, 'a3070401780402c3a9'],
    ['greater or equal', { kind: 'greaterOrEqual', attribute: 'x', value: '1' }, 'a506040178040131'],
    ['less or equal', { kind: 'lessOrEqual', attribute: 'x', value: '1' }, 'a606040178040131'],
    ['approximate', { kind: 'approx', attribute: 'x', value: '1' }, 'a806040178040131'],
    [
      'substrings',
      { kind: 'substring', attribute: 'x', initial: 'a', any: ['b', Buffer.from([0xff])], final: 'c' },
      'a411040178300c8001618101628101ff820163',
    ],
    ['substrings, empty ones left out', { kind: 'substring', attribute: 'x', initial: '', any: [''], final: 'c' }, 'a4080401783003820163'],
    ['substrings, none left', { kind: 'substring', attribute: 'x', any: [''] }, '870178'],
    [
      'extensible',
      { kind: 'extensible', rule: '1.2', attribute: 'x', value: 'v', dnAttributes: true },
      `a90e8103${text('1.2')}8201788301768401ff`,
    ],
    ['extensible without rule', { kind: 'extensible', attribute: 'x', value: Buffer.from([0x80]) }, 'a906820178830180'],
  ];
  test.each(cases)('%s', (_name, filter, expected) => {
    expect(octets(filter)).toBe(expected);
  });
});

describe('responses', () => {
  test('an entry: names in any case, values as octets, attributes without values dropped', () => {
    const response = decodeMessage(entry(7, 'cn=a', { CN: ['a', 'é'], member: [], jpegPhoto: ['\u0000'] }));
    if (response.kind !== 'entry') throw new Error('not an entry');
    expect([response.messageId, response.entry.dn]).toEqual([7, 'cn=a']);
    expect(response.entry.texts('cn')).toEqual(['a', 'é']);
    expect(response.entry.octets('JPEGPHOTO')).toEqual([Buffer.from([0])]);
    expect(response.entry.has('member')).toBe(false);
  });

  test('harmless with names that JavaScript objects know', () => {
    const attributes = Object.fromEntries([
      ['constructor', ['x']],
      ['toString', ['y']],
    ]);
    const response = decodeMessage(entry(7, 'cn=a', attributes));
    if (response.kind !== 'entry') throw new Error('not an entry');
    expect(response.entry.names().toSorted()).toEqual(['constructor', 'tostring']);
    expect(response.entry.has('__proto__')).toBe(false);
  });

  test('a result with matched DN, diagnostic, referrals and controls', () => {
    const octets = Buffer.from(
      `302c 020105 6517 0a010a 0403${text('o=x')} 0402${text('no')} a3090407${text('ldap://')} a00e 300c 0403${text('1.2')} 0101ff 0402${text('vv')}`.replaceAll(
        ' ',
        '',
      ),
      'hex',
    );
    octets[1] = octets.length - 2;
    expect(decodeMessage(octets)).toEqual({
      kind: 'result',
      messageId: 5,
      result: {
        resultCode: 10,
        matchedDn: 'o=x',
        diagnostic: 'no',
        referrals: ['ldap://'],
        controls: [{ oid: '1.2', critical: true, value: Buffer.from('vv') }],
      },
    });
  });

  test('result codes above 127, and an extended response with a name', () => {
    const response = decodeMessage(result(1, 0x78, 4096, { oid: '1.2.3', diagnostic: 'x' }));
    expect(response).toMatchObject({ kind: 'result', result: { resultCode: 4096, oid: '1.2.3', diagnostic: 'x' } });
  });

  test('references, intermediate responses, and the notice of disconnection', () => {
    expect(decodeMessage(reference(2, 'ldap://a', 'ldap://b'))).toEqual({
      kind: 'reference',
      messageId: 2,
      uris: ['ldap://a', 'ldap://b'],
    });
    expect(decodeMessage(intermediate(3, '1.2', Buffer.from([0xff])))).toMatchObject({
      kind: 'intermediate',
      oid: '1.2',
      value: Buffer.from([0xff]),
    });
    expect(readMessageId(result(0, 0x78, 52, { oid: '1.3.6.1.4.1.1466.20036' }))).toBe(0);
  });

  const whole = entry(7, 'cn=a', { cn: ['a'] });
  test.each([
    ['an unknown operation', Buffer.from('3005020101ff00', 'hex')],
    ['an element that reaches beyond the one around it', Buffer.from('300b020101640604046162633000', 'hex')],
    ['a message cut short', whole.subarray(0, whole.length - 3)],
    ['a message ID that is none', Buffer.from('30050401014200', 'hex')],
  ])('%s is an error', (_name, octets) => {
    expect(readOrRefuse(octets)).toMatch(/Error$/);
  });

  test.each(Array.from({ length: whole.length }, (_, at) => at))('one octet changed at %i is read within the message or refused', (at) => {
    for (const octet of [0x00, 0x30, 0x7f, 0x80, 0x84, 0xff]) {
      const changed = Buffer.from(whole);
      changed[at] = octet;
      expect(readOrRefuse(changed)).toMatch(/^(entry|reference|intermediate|result|Error|InvalidAsn1Error)$/);
    }
  });
});

describe('control values', () => {
  test('paged results (RFC 2696)', () => {
    expect(hex(pagedResults(500, Buffer.from('c')).value ?? Buffer.alloc(0))).toBe('3007020201f4040163');
    const done = decodeMessage(result(1, 0x65, 0, { cookie: 'next' }));
    if (done.kind !== 'result') throw new Error('not a result');
    expect(readPage(done.result.controls)).toEqual({ estimate: 0, cookie: Buffer.from('next') });
  });

  test('assertion (RFC 4528) and matched values (RFC 3876) carry filters', () => {
    expect(assertion(present)).toMatchObject({ critical: true, value: Buffer.from('8702636e', 'hex') });
    expect(matchedValues([present]).value).toEqual(Buffer.from('30048702636e', 'hex'));
  });

  test('post-read (RFC 4527) asks for attributes and reads an entry, tagged either way', () => {
    expect(hex(postRead(['cn']).value ?? Buffer.alloc(0))).toBe('30040402636e');
    for (const tag of ['64', '30']) {
      const value = Buffer.from(`${tag}130404636e3d61300b30090402636e3103040161`, 'hex');
      expect(readPostRead([{ oid: '1.3.6.1.1.13.2', critical: false, value }])?.texts('cn')).toEqual(['a']);
    }
  });

  test.each([
    ['nothing', '3000', undefined],
    ['an error', '3003810105', 5],
    ['a warning only', '3005a003800101', undefined],
    ['a warning and an error', '3008a003800101810106', 6],
  ])('password policy response with %s', (_name, value, expected) => {
    expect(readPolicyError([{ oid: '1.3.6.1.4.1.42.2.27.8.5.1', critical: false, value: Buffer.from(value, 'hex') }])).toBe(expected);
  });
});

describe('framing', () => {
  test('a PDU of 8 MB in 100,000 chunks is put together in linear time', () => {
    const pdu = entry(1, 'cn=a', { member: Array.from({ length: 8000 }, () => 'x'.repeat(100)) });
    const framer = new PduFramer();
    const size = Math.ceil(pdu.length / 100_000);
    const pdus: Buffer[] = [];
    const started = performance.now();
    for (let at = 0; at < pdu.length; at += size) pdus.push(...framer.push(pdu.subarray(at, at + size)));
    expect(performance.now() - started).toBeLessThan(1000);
    expect(pdus).toEqual([pdu]);
    expect(framer.held).toBe(0);
  });

  test('what follows a PDU in a chunk waits for its rest', () => {
    const [first, second] = [entry(1, 'cn=a', {}), result(1, 0x65, 0)];
    const framer = new PduFramer();
    expect(framer.push(Buffer.concat([first, second.subarray(0, 1)]))).toEqual([first]);
    expect(framer.push(second.subarray(1))).toEqual([second]);
  });

  test.each([
    ['a stream that is no LDAP', Buffer.from('HTTP/1.1 400')],
    ['an indefinite length', Buffer.from('3080', 'hex')],
    ['a length of five octets', Buffer.from('30850000000001', 'hex')],
    ['a PDU that is too large', Buffer.concat([Buffer.from('3084', 'hex'), lengthOctets(maximumPduLength)])],
  ])('%s is refused at once', (_name, octets) => {
    expect(() => new PduFramer().push(octets)).toThrow(/not an LDAP message|too large/);
  });

  test('the largest length that is taken does not reserve memory', () => {
    const framer = new PduFramer();
    expect(framer.push(Buffer.concat([Buffer.from('3084', 'hex'), lengthOctets(maximumPduLength - 6)]))).toEqual([]);
    expect(framer.held).toBe(6);
  });
});

function readOrRefuse(octets: Buffer): string {
  try {
    return decodeMessage(octets).kind;
  } catch (error) {
    return error instanceof Error ? error.name : 'something else';
  }
}

function lengthOctets(length: number): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(length);
  return octets;
}
