/** "just now", "5 min ago", "yesterday": how long ago something was, in the reader's language, and kept true. */
import { useSyncExternalStore } from 'react';

const units: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];
const JUST_NOW_SECONDS = 45;
const formatter = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'short' });

const TICK_MS = 20_000;

/** The text for a date; the component renders again when another one has become true. */
export function useRelativeTime(date: Date): string {
  return useSyncExternalStore(onTick, () => relativeTime(date));
}

function onTick(listener: () => void): () => void {
  const timer = setInterval(listener, TICK_MS);
  return () => clearInterval(timer);
}

function relativeTime(date: Date): string {
  const seconds = (Date.now() - date.getTime()) / 1000;
  if (seconds < JUST_NOW_SECONDS) return 'just now';
  const [unit, size] = units.find(([, length]) => seconds >= length) ?? units[2]!;
  return formatter.format(-Math.max(1, Math.floor(seconds / size)), unit);
}
