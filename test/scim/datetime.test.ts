import { describe, expect, it } from 'vitest';
import { instantOf } from '../../src/scim/datetime.ts';

describe('instantOf', () => {
  it.each([
    ['2011-05-13T04:42:34Z', '2011-05-13T06:42:34+02:00'],
    ['2011-05-13T04:42:34Z', '2011-05-12T23:12:34-05:30'],
    ['2011-05-13T04:42:34Z', '2011-05-13T04:42:34.000'],
    ['2011-05-13T04:42:34.5Z', '2011-05-13T04:42:34.5000000Z'],
    ['2011-05-13T24:00:00Z', '2011-05-14T00:00:00Z'],
    ['2012-02-29T00:00:00Z', '2012-02-28T23:00:00-01:00'],
  ])('%s and %s are one instant (R-112)', (a, b) => {
    expect(instantOf(a)).toBeDefined();
    expect(instantOf(a)).toBe(instantOf(b));
  });

  it('sorts chronologically, whatever the spelling (R-112, T-035)', () => {
    const ordered = [
      '0001-01-01T00:00:00+14:00',
      '0001-01-03T00:00:00.0000000Z',
      '1969-12-31T23:59:59.9Z',
      '1970-01-01T00:00:00Z',
      '2011-05-13T04:42:34+02:00',
      '2011-05-13T04:42:34Z',
      '2011-05-13T04:42:34.0000001Z',
      '2011-05-13T04:42:34.09Z',
      '2011-05-13T04:42:34.1Z',
      '9999-12-31T23:59:59-14:00',
    ];
    const instants = ordered.map(instantOf);
    expect(instants).not.toContain(undefined);
    expect(instants.toSorted()).toEqual(instants);
    expect(new Set(instants).size).toBe(ordered.length);
  });

  it.each([
    'yesterday',
    '',
    '2011-05-13',
    '04:42:34Z',
    '2011-05-13 04:42:34Z',
    '2011-05-13T04:42Z',
    '2011-05-13T04:42:34+2:00',
    '2011-05-13T04:42:34+14:01',
    '2011-05-13T04:42:34+02:60',
    '2011-02-29T00:00:00Z',
    '2011-13-01T00:00:00Z',
    '2011-00-01T00:00:00Z',
    '2011-01-00T00:00:00Z',
    '2011-05-13T24:00:01Z',
    '2011-05-13T25:00:00Z',
    '2011-05-13T04:60:00Z',
    '2011-05-13T04:42:60Z',
    '2011-05-13T04:42:34.Z',
    '0000-01-01T00:00:00Z',
    '-0001-01-01T00:00:00Z',
    '20110513044234Z',
    ' 2011-05-13T04:42:34Z',
  ])('%j is no dateTime (R-064)', (text) => {
    expect(instantOf(text)).toBeUndefined();
  });
});
