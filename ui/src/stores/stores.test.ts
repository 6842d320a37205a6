import { expect, it } from 'vitest';

import { ben, cleo, hall, peer, SELF, transfer } from '$/api/mock/world';

import { Happenings } from './happenings.svelte';
import { Peers } from './peers.svelte';
import { groupOf, Transfers } from './transfers.svelte';

it('lists reachable people first, then by name', () => {
  const peers = new Peers();
  peers.replace([
    peer(hall, 'a:1', 0, 'offline'),
    peer(cleo, 'b:1', 0, 'unreachable'),
    peer(ben, 'c:1', 0),
  ]);
  expect(peers.list.map(({ name }) => name)).toEqual(['ben', 'cleo', 'Hall desk']);
  expect(peers.online).toBe(1);
  expect(peers.unreachable.map(({ name }) => name)).toEqual(['cleo']);
});

it('lists contacts before others who are reached alike', () => {
  const peers = new Peers();
  peers.replace([
    peer(ben, 'a:1', 0),
    { ...peer(cleo, 'b:1', 0), contact: true },
    { ...peer(hall, 'c:1', 0, 'offline'), contact: true },
  ]);
  expect(peers.list.map(({ name }) => name)).toEqual(['cleo', 'ben', 'Hall desk']);
});

it('notices two devices with one name', () => {
  const peers = new Peers();
  peers.replace([
    peer(ben, 'a:1', 0),
    peer({ ...ben, id: 'other' }, 'b:1', 0),
    peer(cleo, 'c:1', 0),
  ]);
  expect(peers.isAmbiguous('ben')).toBe(true);
  expect(peers.isAmbiguous('cleo')).toBe(false);
});

it('knows what flows between us and whom until it is told otherwise', () => {
  const peers = new Peers();
  peers.replace([peer(ben, 'a:1', 0), peer(cleo, 'b:1', 0)]);
  const rate = { down: 5000, up: 0 };
  peers.setRates([{ id: ben.id, rate }]);
  expect(peers.get(ben.id)?.rate).toEqual(rate);
  expect(peers.get(cleo.id)?.rate).toBeNull();
  peers.setRates([{ id: cleo.id, rate }]);
  expect(peers.get(ben.id)?.rate).toBeNull();
  expect(peers.get(cleo.id)?.rate).toEqual(rate);
});

it('groups transfers by what they ask of the user', () => {
  const own = { id: SELF, name: 'ana' };
  expect(groupOf(transfer(ben, 'a', 1, 0, { state: 'offered' }))).toBe('answer');
  expect(groupOf(transfer(own, 'a', 1, 0, { state: 'offered' }))).toBe('waiting');
  expect(groupOf(transfer(ben, 'a', 1, 0, { state: 'paused' }))).toBe('waiting');
  expect(groupOf(transfer(ben, 'a', 1, 0, { state: 'verifying' }))).toBe('progress');
  expect(groupOf(transfer(ben, 'a', 1, 0, { state: 'failed' }))).toBe('earlier');
});

it('moves a transfer between groups and puts the last ended first', () => {
  const transfers = new Transfers();
  const one = transfer(ben, 'one', 1, 0, { state: 'offered' });
  transfers.replace([one, transfer(ben, 'two', 1, 1, { state: 'done', ended_at: 50 })]);
  expect(transfers.groups.answer.map(({ name }) => name)).toEqual(['one']);
  transfers.upsert({ ...one, state: 'done', ended_at: 90 });
  expect(transfers.groups.answer).toEqual([]);
  expect(transfers.groups.earlier.map(({ name }) => name)).toEqual(['one', 'two']);
});

it('notes who comes, goes and changes their name, and nothing else', () => {
  const happenings = new Happenings();
  const here = peer(ben, 'a:1', 0);
  happenings.note(undefined, here, 1);
  happenings.note(here, { ...here, addr: 'b:1' }, 2);
  happenings.note(here, { ...here, name: 'benji' }, 3);
  happenings.note(here, { ...here, status: 'offline' }, 4);
  happenings.note(undefined, peer(cleo, 'c:1', 0, 'offline'), 5);
  expect(happenings.list.map(({ kind, at }) => [kind, at])).toEqual([
    ['arrived', 1],
    ['renamed', 3],
    ['left', 4],
  ]);
});
