import { expect, it } from 'vitest';

import type { Host } from '$/api';
import { scenario } from '$/api/mock/scenarios';
import { readyView } from '$/api/mock/world';

import { relayFor } from './actions';
import { useHost } from './host';
import { notices } from './notices.svelte';
import { session } from './session.svelte';

it('shows at once for whom files are passed on, and takes it back when that fails', async () => {
  session.ready = readyView(scenario('busy', 0), 9999, 'mesh');
  const run: Host['run'] = async ({ cmd }) => {
    expect([cmd, session.ready?.relay]).toEqual(['set_relay', 'nobody']);
    throw { code: 'stopped', message: 'The node has stopped.' };
  };
  useHost({ run } as Host);
  await relayFor('nobody');
  expect(session.ready.relay).toBe('everyone');
  expect(notices.list.map(({ error }) => error?.code)).toEqual(['stopped']);
});
