import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { KEEP_RENDERED, KEEP_RENDERED_CHARS, RENDER_DEADLINE_MS } from './limits';
import type { Part } from './markdown';
import { Rendering, type Reader } from './rendering';

/** Answers when it is told to. */
class Slow implements Reader {
  onmessage: Reader['onmessage'] = null;
  onerror: Reader['onerror'] = null;
  asked: string[] = [];
  terminated = false;

  postMessage(text: string): void {
    this.asked.push(text);
  }

  terminate(): void {
    this.terminated = true;
  }

  answer(html: string): void {
    const data: Part[] = [{ kind: 'html', html }];
    this.onmessage?.call(this as unknown as Worker, new MessageEvent('message', { data }));
  }
}

let readers: Slow[];
let rendering: Rendering;
const last = () => readers.at(-1) as Slow;

beforeEach(() => {
  vi.useFakeTimers();
  readers = [];
  rendering = new Rendering(
    () => {
      readers.push(new Slow());
      return last();
    },
    (part) => part,
  );
});

afterEach(() => vi.useRealTimers());

it('renders a text once for all who ask, and knows it afterwards', () => {
  const [ben, cleo] = [vi.fn(), vi.fn()];
  rendering.ask('*hi*', ben);
  rendering.ask('*hi*', cleo);
  expect(rendering.known('*hi*')).toBeUndefined();
  last().answer('<em>hi</em>');
  expect(ben).toHaveBeenCalledWith([{ kind: 'html', html: '<em>hi</em>' }]);
  expect(cleo).toHaveBeenCalledOnce();
  expect(rendering.known('*hi*')).toEqual([{ kind: 'html', html: '<em>hi</em>' }]);
  expect(last().asked).toEqual(['*hi*']);
});

it('gives up a text that takes too long, and goes on with the next in another worker', () => {
  const [slow, next] = [vi.fn(), vi.fn()];
  rendering.ask('slow', slow);
  rendering.ask('next', next);
  const first = last();
  vi.advanceTimersByTime(RENDER_DEADLINE_MS);
  expect(first.terminated).toBe(true);
  expect(slow).toHaveBeenCalledWith(null);
  expect(rendering.known('slow')).toBeNull();

  expect(last()).not.toBe(first);
  first.answer('too late');
  expect(next).not.toHaveBeenCalled();
  last().answer('next');
  expect(next).toHaveBeenCalledWith([{ kind: 'html', html: 'next' }]);
});

it('gives the next text the whole deadline', () => {
  const next = vi.fn();
  rendering.ask('one', vi.fn());
  rendering.ask('two', next);
  vi.advanceTimersByTime(RENDER_DEADLINE_MS - 1);
  last().answer('one');
  vi.advanceTimersByTime(RENDER_DEADLINE_MS - 1);
  last().answer('two');
  expect(next).toHaveBeenCalledWith([{ kind: 'html', html: 'two' }]);
  expect(readers).toHaveLength(1);
});

it('shows a text as it was written when the worker breaks', () => {
  const done = vi.fn();
  rendering.ask('odd', done);
  last().onerror?.call(last() as unknown as Worker, new ErrorEvent('error'));
  expect(done).toHaveBeenCalledWith(null);
  expect(last().terminated).toBe(true);
});

it('does not begin what nobody waits for any more', () => {
  rendering.ask('one', vi.fn());
  const callOff = rendering.ask('two', vi.fn());
  rendering.ask('three', vi.fn());
  callOff();
  last().answer('one');
  expect(last().asked).toEqual(['one', 'three']);
});

it('forgets the oldest texts, by their number and by their size', () => {
  const render = (text: string) => {
    rendering.ask(text, vi.fn());
    last().answer(text);
  };
  for (let n = 0; n <= KEEP_RENDERED; n += 1) render(`text ${n}`);
  expect(rendering.known('text 0')).toBeUndefined();
  expect(rendering.known('text 1')).toBeDefined();
  render('a'.repeat(KEEP_RENDERED_CHARS));
  expect(rendering.known(`text ${KEEP_RENDERED}`)).toBeUndefined();
});
