import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { usePlatform } from '../base/platform.ts';
import { compareTimestamps, HybridLogicalClock, MAX_CLOCK_DRIFT_MS } from './hybrid-logical-clock.ts';
import type { Timestamp } from './timestamp.ts';

let wallTimeMs = 0;
let restore: (() => void) | undefined;
function wallClockAt(timeMs: number): void {
  wallTimeMs = timeMs;
  restore ??= usePlatform({ now: () => wallTimeMs });
}
afterEach(() => {
  restore?.();
  restore = undefined;
});

test('counts logically while the wall clock stands still, and starts at zero when it moves', () => {
  wallClockAt(1000);
  const clock = new HybridLogicalClock({ clientId: 'a' });
  expect([clock.next(), clock.next()]).toEqual([
    [1000, 0, 'a'],
    [1000, 1, 'a'],
  ]);
  wallClockAt(1001);
  expect(clock.next()).toEqual([1001, 0, 'a']);
});

test('a wall clock that steps back does not take the timestamps with it', () => {
  wallClockAt(1000);
  const clock = new HybridLogicalClock({ clientId: 'a' });
  clock.next();
  wallClockAt(10);
  expect(clock.next()).toEqual([1000, 1, 'a']);
});

test('starts after the time it is restored from', () => {
  wallClockAt(1000);
  const clock = new HybridLogicalClock({ clientId: 'a', lastPhysicalTimeMs: 2000, lastLogicalTime: 7 });
  expect(clock.next()).toEqual([2000, 8, 'a']);
});

test('current reads the wall clock without moving', () => {
  wallClockAt(1000);
  const clock = new HybridLogicalClock({ clientId: 'a' });
  clock.next();
  clock.next();
  wallClockAt(1500);
  expect(clock.current()).toEqual([1500, 1, 'a']);
  expect(clock.next()).toEqual([1500, 0, 'a']);
});

test('the physical time can be set forward, never back', () => {
  wallClockAt(1000);
  const clock = new HybridLogicalClock({ clientId: 'a' });
  clock.updatePhysicalTimeMs(5000);
  expect(clock.next()).toEqual([5000, 1, 'a']);
  clock.updatePhysicalTimeMs(10);
  expect(clock.next()).toEqual([5000, 2, 'a']);
});

test('what follows an observed timestamp is later', () => {
  wallClockAt(1000);
  const clock = new HybridLogicalClock({ clientId: 'a' });
  expect(clock.observe([3000, 4, 'z'])).toBe(true);
  expect(clock.next()).toEqual([3000, 5, 'a']);
  expect(clock.observe([1, 0, 'z'])).toBe(true);
  expect(clock.next()).toEqual([3000, 6, 'a']);
});

test('a timestamp from a broken clock is reported and not followed', () => {
  wallClockAt(1000);
  const clock = new HybridLogicalClock({ clientId: 'a' });
  expect(clock.observe([1000 + MAX_CLOCK_DRIFT_MS + 1, 0, 'z'])).toBe(false);
  expect(clock.next()).toEqual([1000, 0, 'a']);
});

describe('compare', () => {
  test('decides by physical time, then the counter as a number, then the client', () => {
    expect(HybridLogicalClock.compare([1, 9, 'z'], [2, 0, 'a'])).toBeLessThan(0);
    expect(HybridLogicalClock.compare([1, 10, 'a'], [1, 9, 'z'])).toBeGreaterThan(0);
    expect(HybridLogicalClock.compare([1, 1, 'a'], [1, 1, 'B'])).toBeLessThan(0);
    expect(HybridLogicalClock.compare([1, 1, 'a'], [1, 1, 'a'])).toBe(0);
  });

  test('nothing is before MIN, which cannot be changed', () => {
    expect(HybridLogicalClock.MIN).toEqual([0, 0, '']);
    expect(Object.isFrozen(HybridLogicalClock.MIN)).toBe(true);
    expect(compareTimestamps(HybridLogicalClock.MIN, [0, 0, 'a'])).toBeLessThan(0);
  });

  test('is a total order that calls only identical timestamps equal', () => {
    const stamp = fc.tuple(
      fc.nat(2),
      fc.nat(2),
      fc.constantFrom('a', 'b', 'A', 'é', 'e\u0301', ''),
    ) as fc.Arbitrary<Timestamp>;
    fc.assert(
      fc.property(stamp, stamp, stamp, (a, b, c) => {
        expect(Math.sign(compareTimestamps(a, b)) + Math.sign(compareTimestamps(b, a))).toBe(0);
        expect(compareTimestamps(a, b) === 0).toBe(a.every((part, i) => part === b[i]));
        const [x, y, z] = [a, b, c].sort(compareTimestamps) as [Timestamp, Timestamp, Timestamp];
        expect(compareTimestamps(x, y) <= 0 && compareTimestamps(y, z) <= 0 && compareTimestamps(x, z) <= 0).toBe(true);
      }),
    );
  });
});

test('timestamps strictly increase however the wall clock moves and whatever is observed', () => {
  const step = fc.oneof(
    fc.record({ wall: fc.nat(100) }),
    fc.record({ observed: fc.tuple(fc.nat(200), fc.nat(5), fc.constant('z')) }),
    fc.record({ physical: fc.nat(200) }),
  );
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      wallClockAt(0);
      const clock = new HybridLogicalClock({ clientId: 'a' });
      let latest: Timestamp = HybridLogicalClock.MIN;
      for (const move of steps) {
        if ('wall' in move) wallClockAt(move.wall);
        else if ('physical' in move) clock.updatePhysicalTimeMs(move.physical);
        else {
          clock.observe(move.observed);
          if (compareTimestamps(move.observed, latest) > 0) latest = move.observed;
        }
        const stamp = clock.next();
        expect(stamp[0] > latest[0] || (stamp[0] === latest[0] && stamp[1] > latest[1])).toBe(true);
        latest = stamp;
      }
    }),
  );
});
