import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import type { Host, PageCommand } from '$/api';

import { Drafts } from './drafts.svelte';
import { useHost } from './host';
import { notices } from './notices.svelte';

const HERE = 'everyone';
let kept: string[];
let full: boolean;

beforeEach(() => {
  vi.useFakeTimers();
  kept = [];
  full = false;
  const run = async (command: PageCommand) => {
    if (command.cmd !== 'set_draft') throw new Error(command.cmd);
    if (full) throw { code: 'storage', message: 'The disk is full.' };
    kept.push(command.text);
    return { event: 'draft', conversation: command.conversation, text: command.text };
  };
  useHost({ run } as Host);
});

afterEach(() => vi.useRealTimers());

it('keeps what is typed once typing pauses, and at once when it is asked to', async () => {
  const drafts = new Drafts();
  for (const text of ['h', 'ha', 'half']) drafts.write(HERE, text);
  expect(kept).toEqual([]);
  await vi.runAllTimersAsync();
  expect(kept).toEqual(['half']);
  drafts.write(HERE, '');
  await drafts.keep();
  await drafts.keep();
  await vi.runAllTimersAsync();
  expect(kept).toEqual(['half', '']);
});

it('takes what was kept, unless something else is being typed', () => {
  const drafts = new Drafts();
  drafts.replace([{ conversation: HERE, text: 'of yesterday' }]);
  expect(drafts.of(HERE)).toBe('of yesterday');
  drafts.write(HERE, 'of today');
  drafts.replace([{ conversation: HERE, text: 'of yesterday' }]);
  expect(drafts.of(HERE)).toBe('of today');
});

it('says once that nothing can be kept, loses nothing, and keeps it when there is room again', async () => {
  const drafts = new Drafts();
  const before = notices.list.length;
  full = true;
  for (const text of ['a', 'ab', 'abc']) {
    drafts.write(HERE, text);
    await vi.runAllTimersAsync();
  }
  expect(notices.list.length).toBe(before + 1);
  full = false;
  await drafts.keep();
  expect(kept).toEqual(['abc']);
});
