import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { RateLimit } from './rate-limit.ts';

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

it('lets a burst through, then as much as it gains', () => {
  const limit = new RateLimit(10, 2);
  expect([limit.take(20), limit.take(1)]).toEqual([true, false]);
  vi.advanceTimersByTime(500);
  expect([limit.take(5), limit.take(1)]).toEqual([true, false]);
  vi.advanceTimersByTime(8_000_000);
  expect([limit.take(21), limit.take(20)]).toEqual([false, true]);
});

it('gains nothing from a clock that is set, back or forward', () => {
  const limit = new RateLimit(10, 1);
  limit.take(10);
  for (const time of [10, 9_000_000]) {
    vi.setSystemTime(time);
    expect(limit.take(1)).toBe(false);
  }
  vi.advanceTimersByTime(1_000);
  expect(limit.take(10)).toBe(true);
});

it.each([Number.NaN, -5, Number.POSITIVE_INFINITY])('refuses %s and goes on limiting', (amount) => {
  const limit = new RateLimit(10, 1);
  expect([limit.take(amount), limit.take(10), limit.take(1)]).toEqual([false, true, false]);
});
