import { describe, expect, it } from 'vitest';

import { ago, day, fileMoment, percent, rate, shortWhen, size, time, timeLeft } from './format';

describe('sizes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 KB'],
    [4100, '4.1 KB'],
    [312_400, '312 KB'],
    [999_499, '999 KB'],
    [999_600, '1 MB'],
    [18_400_000, '18.4 MB'],
    [1_840_000_000, '1.84 GB'],
    [99_960_000, '100 MB'],
    [5e15, '5,000 TB'],
  ])('writes %d bytes as %s', (bytes, words) => {
    expect(size(bytes)).toBe(words);
  });

  it('keeps the digits of a rate, so that it does not jump about', () => {
    expect(rate(48_000_000)).toBe('48.0 MB/s');
    expect(rate(48_230_000)).toBe('48.2 MB/s');
  });
});

describe('progress', () => {
  it('says 100 % only when every byte is there', () => {
    expect(percent(999, 1000)).toBe(99);
    expect(percent(1000, 1000)).toBe(100);
    expect(percent(0, 0)).toBe(0);
  });

  it.each([
    [400, '1 s left'],
    [14_000, '14 s left'],
    [59_400, '59 s left'],
    [60_000, '1 min left'],
    [3_600_000 * 2 + 60_000 * 5, '2 h 5 min left'],
  ])('writes %d ms as %s', (ms, words) => {
    expect(timeLeft(ms)).toBe(words);
  });
});

describe('days', () => {
  const now = new Date(2026, 10, 22, 14, 6).getTime();
  const at = (year: number, month: number, date: number, hour = 0, minute = 0) =>
    new Date(year, month, date, hour, minute).getTime();

  it('goes from today over weekdays to dates', () => {
    expect(day(at(2026, 10, 22, 1), now)).toBe('Today');
    expect(day(at(2026, 10, 21, 23, 59), now)).toBe('Yesterday');
    expect(day(at(2026, 10, 18), now)).toBe('Wednesday');
    expect(day(at(2026, 10, 2), now)).toBe('Mon 2 Nov');
    expect(day(at(2025, 10, 2), now)).toBe('Sun, 2 Nov 2025');
  });

  it('writes a moment for the name of a file', () => {
    expect(fileMoment(at(2026, 11, 1, 14, 5))).toBe('2026-12-01 14.05');
  });

  it('tells how long ago something was heard', () => {
    expect(ago(now - 30_000, now)).toBe('just now');
    expect(ago(now - 180_000, now)).toBe('3 min ago');
    expect(ago(at(2026, 10, 22, 9, 12), now)).toBe('at 09:12');
    expect(ago(at(2026, 10, 21, 9, 12), now)).toBe('Yesterday, 09:12');
  });

  it('shows a time today and a day before', () => {
    expect(shortWhen(now, now)).toBe(time(now));
    expect(shortWhen(at(2026, 10, 21), now)).toBe('Yesterday');
  });
});
