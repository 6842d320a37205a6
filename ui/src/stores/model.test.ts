import { expect, it } from 'vitest';

import type { Host, PageCommand } from '$/api';
import { ben, cleo, peer } from '$/api/mock/world';
import type { Event } from '$/bindings/Event';

import { useHost } from './host';
import { apply, hydrate, refreshPeers } from './model';
import { notices } from './notices.svelte';
import { peers } from './peers.svelte';

/** A host that answers when it is told to. */
function slowHost(): { answer: (command: PageCommand['cmd'], event: Event) => void } {
  const waiting = new Map<PageCommand['cmd'], (event: Event) => void>();
  const run = ({ cmd }: PageCommand) =>
    new Promise<Event>((resolve) => {
      waiting.set(cmd, resolve);
    });
  useHost({ run } as Host);
  return { answer: (command, event) => waiting.get(command)?.(event) };
}

const here = (who: typeof ben): Event => ({ event: 'peer_up', peer: peer(who, 'a:1', 0) });

it('keeps who came while an earlier answer was still on its way', async () => {
  const { answer } = slowHost();
  const hydrated = hydrate();
  answer('peers', { event: 'peers', peers: [peer(ben, 'a:1', 0)] });
  apply(here(cleo));
  answer('drafts', { event: 'drafts', drafts: [] });
  answer('transfers', { event: 'transfers', transfers: [] });
  answer('history', { event: 'history', messages: [], more: false, read_up_to: null } as never);
  await hydrated;
  expect(peers.list.map(({ name }) => name)).toEqual(['ben', 'cleo']);
});

it('keeps them too when it asks for round trips, and goes on when nobody answers', async () => {
  const { answer } = slowHost();
  const refreshed = refreshPeers();
  apply(here(cleo));
  answer('peers', { event: 'error', code: 'internal', message: 'no' });
  await expect(refreshed).rejects.toMatchObject({ code: 'internal' });
  expect(peers.get(cleo.id)).toBeDefined();
});

it('says that the history can be written again', () => {
  apply({ event: 'writes_again' });
  expect(notices.list.at(-1)?.words).toBe('Your history can be written again');
});
