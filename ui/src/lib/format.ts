import { locale, t } from './i18n';

const KB = 1000;
const units = ['size-b', 'size-kb', 'size-mb', 'size-gb', 'size-tb'] as const;

/** Bytes in decimal units with three significant digits at most: 999 B, 1.84 GB, 8.4 GB. */
export function size(bytes: number): string {
  return inUnits(bytes, 0);
}

/** Bytes per second, always with the same number of digits, so that it does not jump about. */
export function rate(bytesPerSecond: number): string {
  return t('rate', { size: inUnits(bytesPerSecond, 3) });
}

function inUnits(bytes: number, minimumDigits: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  while (unit < units.length - 1 && value >= 999.5) {
    value /= KB;
    unit += 1;
  }
  const fraction = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  const n = value.toLocaleString(locale, {
    minimumFractionDigits: Math.min(minimumDigits, fraction),
    maximumFractionDigits: fraction,
  });
  return t(units[unit] ?? 'size-b', { n });
}

/** What remains, in words that do not flicker: seconds below a minute, then coarser. */
export function timeLeft(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 60) return t('left-seconds', { n: seconds });
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return t('left-minutes', { n: minutes });
  return t('left-hours', { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}

/** Whole percent; 100 only when all bytes are there. */
export function percent(done: number, total: number): number {
  if (total <= 0) return done > 0 ? 100 : 0;
  return Math.min(100, Math.floor((done / total) * 100));
}

export function time(at: number): string {
  return new Date(at).toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit' });
}

/** A moment as file names have it, by the clock on the wall: 2026-12-01 14.05. */
export function fileMoment(at: number): string {
  const date = new Date(at);
  const digits = (n: number, width = 2) => String(n).padStart(width, '0');
  const day = [digits(date.getFullYear(), 4), digits(date.getMonth() + 1), digits(date.getDate())];
  return `${day.join('-')} ${digits(date.getHours())}.${digits(date.getMinutes())}`;
}

const startOfDay = (at: number) => new Date(at).setHours(0, 0, 0, 0);
const DAY = 86_400_000;

export function sameDay(a: number, b: number): boolean {
  return startOfDay(a) === startOfDay(b);
}

/** Today, Yesterday, a weekday within the last week, else a date. */
export function day(at: number, now: number): string {
  const age = Math.round((startOfDay(now) - startOfDay(at)) / DAY);
  if (age === 0) return t('day-today');
  if (age === 1) return t('day-yesterday');
  if (age > 1 && age < 7) return new Date(at).toLocaleDateString(locale, { weekday: 'long' });
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return new Date(at).toLocaleDateString(locale, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    ...(sameYear ? {} : { year: 'numeric' }),
  });
}

/** A clock time today, else the day: what a list row has room for. */
export function shortWhen(at: number, now: number): string {
  return sameDay(at, now) ? time(at) : day(at, now);
}

/** How long ago something was heard: just now, 3 min ago, 09:12, Yesterday. */
export function ago(at: number, now: number): string {
  const seconds = Math.floor((now - at) / 1000);
  if (seconds < 60) return t('ago-now');
  if (seconds < 3600) return t('ago-minutes', { n: Math.floor(seconds / 60) });
  return sameDay(at, now)
    ? t('ago-at', { time: time(at) })
    : t('ago-day', { day: day(at, now), time: time(at) });
}
