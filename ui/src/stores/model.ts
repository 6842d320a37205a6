import type { Event } from '$/bindings/Event';

import { t } from '$/lib/i18n';

import { apart } from './apart.svelte';
import { drafts } from './drafts.svelte';
import { ask, host } from './host';
import { happenings } from './happenings.svelte';
import { everyone } from './messages.svelte';
import { attempt, notices } from './notices.svelte';
import { peers } from './peers.svelte';
import { status } from './status.svelte';
import { transfers } from './transfers.svelte';

export const EVERYONE = 'everyone';

/** Sees events as they pass; `true` claims an error, which is then shown nowhere else. */
type Watcher = (event: Event) => boolean | void;
const watchers = new Set<Watcher>();

export function watch(watcher: Watcher): () => void {
  watchers.add(watcher);
  return () => {
    watchers.delete(watcher);
  };
}

let generation = 0;

/** Follows the node's events and fills the stores. After `join`. */
export async function follow(): Promise<void> {
  generation += 1;
  const mine = generation;
  await host().subscribe((events) => {
    // Events of a node that has been left may still be on their way.
    if (mine === generation) for (const event of events) apply(event);
  });
  await hydrate();
}

export function forget(): void {
  generation += 1;
  held.length = 0;
  for (const store of [peers, apart, everyone, drafts, transfers, happenings]) store.reset();
  status.view = null;
}

export function hydrate(): Promise<void> {
  return whileEventsWait(async () => {
    const [known, page, typed, files] = await Promise.all([
      ask({ cmd: 'peers' }, 'peers'),
      ask({ cmd: 'history', conversation: EVERYONE, before: null, limit: 100 }, 'history'),
      ask({ cmd: 'drafts' }, 'drafts'),
      ask({ cmd: 'transfers' }, 'transfers'),
    ]);
    peers.replace(known.peers);
    everyone.replace(page.messages, page.more, page.read_up_to);
    drafts.replace(typed.drafts);
    transfers.replace(files.transfers);
  });
}

/** Asks for everyone anew: round trips change without an event. */
export function refreshPeers(): Promise<void> {
  return whileEventsWait(async () => {
    peers.replace((await ask({ cmd: 'peers' }, 'peers')).peers);
  });
}

/** Answers being waited for, and what happened meanwhile. */
let answers = 0;
const held: Event[] = [];

/**
 * An answer tells how things were when it was given. What happened since comes after it, or it
 * would be lost; what happened before changes nothing when it is applied again.
 */
async function whileEventsWait(replace: () => Promise<void>): Promise<void> {
  answers += 1;
  try {
    await replace();
  } finally {
    answers -= 1;
    if (answers === 0) held.splice(0).forEach(take);
  }
}

export function apply(event: Event): void {
  if (answers > 0) held.push(event);
  else take(event);
}

function take(event: Event): void {
  switch (event.event) {
    case 'peer_up':
    case 'peer_down':
      if (peers.known) happenings.note(peers.get(event.peer.id), event.peer, Date.now());
      peers.upsert(event.peer);
      if (event.event === 'peer_up') apart.joined(event.peer.id);
      break;
    case 'contact':
      peers.upsert(event.peer);
      break;
    case 'peer_rates':
      peers.setRates(event.rates);
      break;
    case 'peer_refused':
      apart.note(event.id, event.reason, Date.now());
      break;
    case 'peers':
      peers.replace(event.peers);
      break;
    case 'message':
      everyone.upsert(event);
      break;
    case 'message_state':
      everyone.setState(event);
      break;
    case 'read_marker':
      everyone.readUpTo = event.message;
      break;
    case 'transfer':
      transfers.upsert(event);
      break;
    case 'transfers':
      transfers.replace(event.transfers);
      break;
    case 'status':
      status.view = event;
      break;
    case 'lagged':
      void attempt(hydrate());
      break;
    case 'writes_again':
      notices.say(t('writes-again'));
      break;
    case 'error':
    case 'ready':
    case 'history':
    case 'draft':
    case 'drafts':
    case 'connecting':
    case 'stopped':
      break;
  }
  const claims = [...watchers].map((watcher) => watcher(event));
  if (event.event === 'error' && !claims.includes(true)) notices.fail(event);
}
