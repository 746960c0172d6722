/** "just now", "5 min ago", "yesterday": how long ago something was, in the words of the reader's language. */
const units: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];
const JUST_NOW_SECONDS = 45;
const formatter = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'short' });

export function relativeTime(date: Date, now: Date = new Date()): string {
  const seconds = (now.getTime() - date.getTime()) / 1000;
  if (seconds < JUST_NOW_SECONDS) return 'just now';
  const [unit, size] = units.find(([, length]) => seconds >= length) ?? units[2]!;
  return formatter.format(-Math.max(1, Math.floor(seconds / size)), unit);
}
