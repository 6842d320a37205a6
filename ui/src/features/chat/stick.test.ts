import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { StickToEnd } from './stick';

/** A scroller whose sizes a test chooses. */
function scrollerOf(height: number) {
  const scroller = document.createElement('div');
  const sizes = { scrollHeight: height, clientHeight: 400, scrollTop: 0 };
  for (const key of Object.keys(sizes) as (keyof typeof sizes)[]) {
    Object.defineProperty(scroller, key, {
      get: () => sizes[key],
      set: (value: number) => {
        sizes[key] = Math.min(value, sizes.scrollHeight - sizes.clientHeight);
      },
    });
  }
  return { scroller, sizes };
}

let resized = () => {};

beforeEach(() => {
  vi.stubGlobal(
    'ResizeObserver',
    class {
      constructor(listener: () => void) {
        resized = listener;
      }
      observe() {}
      disconnect() {}
    },
  );
});

afterEach(() => vi.unstubAllGlobals());

it('follows when rows that are measured late move the view up', () => {
  const { scroller, sizes } = scrollerOf(1000);
  const stick = new StickToEnd(scroller, scroller, () => {});
  resized();
  expect(sizes.scrollTop).toBe(600);
  Object.assign(sizes, { scrollHeight: 1300, scrollTop: 560 });
  scroller.dispatchEvent(new Event('scroll'));
  resized();
  expect(stick.stuck).toBe(true);
  expect(sizes.scrollTop).toBe(900);
});

it('lets go when the reader scrolls up, and holds again at the end', () => {
  const { scroller, sizes } = scrollerOf(1000);
  const stick = new StickToEnd(scroller, scroller, () => {});
  resized();
  sizes.scrollTop = 500;
  scroller.dispatchEvent(new Event('scroll'));
  expect(stick.stuck).toBe(false);
  sizes.scrollHeight = 1300;
  resized();
  expect(sizes.scrollTop).toBe(500);
  sizes.scrollTop = 900;
  scroller.dispatchEvent(new Event('scroll'));
  expect(stick.stuck).toBe(true);
});

it('lets go when the reader turns the wheel while rows are being measured', () => {
  const { scroller, sizes } = scrollerOf(1000);
  const stick = new StickToEnd(scroller, scroller, () => {});
  resized();
  scroller.dispatchEvent(new Event('wheel'));
  Object.assign(sizes, { scrollHeight: 1300, scrollTop: 200 });
  scroller.dispatchEvent(new Event('scroll'));
  resized();
  expect(stick.stuck).toBe(false);
  expect(sizes.scrollTop).toBe(200);
});

it('is not at the end because it passes it on the way elsewhere', async () => {
  const { scroller, sizes } = scrollerOf(1000);
  const seen: boolean[] = [];
  const stick = new StickToEnd(scroller, scroller, (stuck) => seen.push(stuck));
  resized();
  const there = stick.goElsewhere(() => scroller.dispatchEvent(new Event('scroll')));
  Object.assign(sizes, { scrollHeight: 2000, scrollTop: 700 });
  resized();
  await there;
  expect(stick.stuck).toBe(false);
  expect(sizes.scrollTop).toBe(700);
  expect(seen).toEqual([false]);
});
