import { expect, it } from 'vitest';

import { MINUTE } from '$/api/mock/world';
import type { Happening } from '$/stores/happenings.svelte';

import { gather } from './gather';
import { happeningWords } from './words';

const noon = new Date(2026, 10, 22, 12).getTime();
let serial = 0;

function happens(kind: Happening['kind'], name: string, at = noon): Happening {
  serial += 1;
  return { id: `happening-${serial}`, at, kind, who: `id of ${name}`, name, before: null };
}

const told = (happenings: Happening[]) => gather(happenings).map(happeningWords);

it('tells of few one by one', () => {
  expect(told([happens('left', 'ben'), happens('arrived', 'ben')])).toEqual([
    'ben is away',
    'ben is here',
  ]);
});

it('tells of many who come in one line', () => {
  const eight = 'abcdefgh'.split('').map((name) => happens('arrived', name));
  expect(told(eight)).toEqual(['8 people are here']);
  expect(gather(eight)[0]?.names).toEqual('abcdefgh'.split(''));
});

it('tells of those who come and go only how it ended', () => {
  expect(
    told([
      happens('arrived', 'ben'),
      happens('arrived', 'cleo'),
      happens('left', 'ben'),
      happens('arrived', 'ana'),
      happens('left', 'cleo'),
      happens('arrived', 'ben'),
    ]),
  ).toEqual(['2 people are here', 'cleo is away']);
});

it('keeps days apart, and what is not coming or going', () => {
  const before = noon - 24 * 60 * MINUTE;
  const some = (at: number) => ['ana', 'ben', 'cleo'].map((name) => happens('arrived', name, at));
  expect(
    told([...some(before), ...some(noon), happens('renamed', 'cleo'), ...some(noon)]),
  ).toHaveLength(4);
});
