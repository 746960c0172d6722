import { Logger } from '@triplit/logger';
import { MemoryHandler } from '@triplit/logger/memory';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { signToken } from '../testing/tokens.ts';
import { refreshDelayMs, refreshDelayOfNewMs } from './refresh-delay.ts';
import { HANDLER_TIMEOUT_MS, TokenRefresher } from './token-refresher.ts';
import type { TokenRefreshOptions } from './token-refresher.ts';
import { readToken } from './token-session.ts';
import type { TokenSession } from './token-session.ts';

const START = 1_700_000_000_000;

beforeEach(() => {
  vi.useFakeTimers({ now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

const tokenFor = (seconds: number, extra: object = {}): string =>
  signToken({ sub: 'ann', iat: Date.now() / 1000, exp: Date.now() / 1000 + seconds, ...extra });

class World {
  session: TokenSession;
  readonly refreshes: number[] = [];
  readonly accepted: string[] = [];
  signedOut = 0;
  readonly log = new MemoryHandler();
  readonly refresher: TokenRefresher;

  constructor(
    token: string,
    next: () => string | null | Promise<string | null>,
    options: Partial<TokenRefreshOptions> = {},
  ) {
    this.session = readToken(token, undefined);
    this.refresher = new TokenRefresher(
      {
        refreshHandler: async () => {
          this.refreshes.push(Date.now() - START);
          return next();
        },
        ...options,
      },
      {
        current: () => this.session,
        accept: (accepted) => {
          this.accepted.push(accepted);
          this.session = readToken(accepted, undefined);
        },
        onSignedOut: () => this.signedOut++,
        logger: new Logger([this.log]),
      },
    );
  }

  warnings(): number {
    return this.log.logs.length;
  }
}

describe('a token of 60 s', () => {
  test('is renewed in its last ten seconds but not in the last', async () => {
    const world = new World(tokenFor(60), () => tokenFor(60));
    world.refresher.start();
    await vi.advanceTimersByTimeAsync(180_000);
    expect(world.refreshes).toEqual([51_000, 102_000, 153_000]);
    expect(world.warnings()).toBe(0);
  });

  test('is asked for again every second while the issuer gives the old one', async () => {
    const old = tokenFor(60);
    const world = new World(old, () => (Date.now() - START < 53_000 ? old : tokenFor(60)));
    world.refresher.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(world.refreshes).toEqual([51_000, 52_000, 53_000]);
    expect(world.accepted).toHaveLength(1);
    expect(world.warnings()).toBe(0);
  });
});

test.each([3_600_000, -3_600_000])('a clock that jumps by %i ms, and back, changes nothing', async (ms) => {
  // The issuer has the right time.
  const token = () => {
    const seconds = (START + performance.now()) / 1000;
    return signToken({ sub: 'ann', iat: seconds, exp: seconds + 60 });
  };
  const startedAt = performance.now();
  const refreshes: number[] = [];
  const world = new World(token(), () => {
    refreshes.push(performance.now() - startedAt);
    return token();
  });
  world.refresher.start();
  for (const jump of [ms, -2 * ms, ms, 0]) {
    await vi.advanceTimersByTimeAsync(60_000);
    vi.setSystemTime(Date.now() + jump);
  }
  expect(refreshes.map(Math.round)).toEqual([51_000, 102_000, 153_000, 204_000]);
  expect(world.accepted).toHaveLength(4);
});

test('an interval is kept', async () => {
  const world = new World(tokenFor(60), () => tokenFor(60), { interval: 45_000 });
  world.refresher.start();
  await vi.advanceTimersByTimeAsync(100_000);
  expect(world.refreshes).toEqual([45_000, 90_000]);
});

test('tokens of 2 s are renewed every second, with a warning', async () => {
  const world = new World(tokenFor(2), () => tokenFor(2));
  world.refresher.start();
  await vi.advanceTimersByTimeAsync(3_150);
  expect(world.refreshes).toEqual([1_000, 2_000, 3_000]);
  const short = new World(tokenFor(1.5), () => tokenFor(60));
  short.refresher.start();
  expect(short.warnings()).toBe(1);
});

test('a token that never expires is left alone, unless there is an interval', async () => {
  const world = new World(signToken({ sub: 'ann' }), () => tokenFor(60));
  world.refresher.start();
  await vi.advanceTimersByTimeAsync(1e9);
  expect(world.refreshes).toEqual([]);
});

test('a token that lives longer than a timer can is renewed in time', async () => {
  const thirtyDays = 30 * 86_400;
  const world = new World(tokenFor(thirtyDays), () => tokenFor(thirtyDays));
  world.refresher.start();
  await vi.advanceTimersByTimeAsync(thirtyDays * 1000);
  expect(world.refreshes).toEqual([thirtyDays * 1000 - 9_000]);
});

describe('a handler that throws, as offline', () => {
  test('is called again, ever more rarely, and the session stays', async () => {
    let isOnline = false;
    const world = new World(tokenFor(60), () => {
      if (!isOnline) throw new Error('offline');
      return tokenFor(60);
    });
    world.refresher.start();
    await vi.advanceTimersByTimeAsync(51_000 + 15_000);
    expect(world.refreshes.map((at) => (at - 51_000) / 1000)).toEqual([0, 1, 3, 7, 15]);
    expect([world.signedOut, world.warnings()]).toEqual([0, 1]);
    isOnline = true;
    world.refresher.hurry();
    await vi.advanceTimersByTimeAsync(0);
    expect(world.accepted).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(51_000);
    expect(world.accepted).toHaveLength(2);
  });

  test('is called at least once a minute', async () => {
    const world = new World(tokenFor(60), () => Promise.reject(new Error('offline')));
    world.refresher.start();
    await vi.advanceTimersByTimeAsync(600_000);
    const gaps = world.refreshes.slice(1).map((at, index) => at - world.refreshes[index]!);
    expect(Math.max(...gaps)).toBe(60_000);
  });
});

test('a handler that never settles counts as one that throws: whoever waits goes on, and it is called again', async () => {
  let isHanging = true;
  const world = new World(tokenFor(60), () => (isHanging ? new Promise(() => undefined) : tokenFor(60)));
  const outcome = world.refresher.refreshNow();
  await vi.advanceTimersByTimeAsync(HANDLER_TIMEOUT_MS);
  expect(await outcome).toBe('failed');
  expect(world.log.logs.map(({ message }) => message)).toEqual([
    expect.stringContaining('the handler did not settle within 60 s'),
  ]);
  isHanging = false;
  await vi.advanceTimersByTimeAsync(1_000);
  expect([world.refreshes, world.accepted.length]).toEqual([[0, 61_000], 1]);
  isHanging = true;
  const last = world.refresher.refreshNow();
  world.refresher.stop();
  expect([await last, vi.getTimerCount()]).toEqual(['failed', 0]);
});

test('no token means signed out for now, and the chain goes on', async () => {
  let token: string | null = null;
  const world = new World(tokenFor(60), () => token);
  world.refresher.start();
  await vi.advanceTimersByTimeAsync(52_000);
  expect([world.signedOut, world.refreshes.length, world.warnings()]).toEqual([2, 2, 1]);
  token = tokenFor(120);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(world.accepted).toHaveLength(1);
});

test('a call that a sleeping machine missed is made when it wakes', async () => {
  const world = new World(tokenFor(60), () => tokenFor(60));
  world.refresher.start();
  vi.setSystemTime(START + 3_600_000);
  world.refresher.hurry();
  await vi.advanceTimersByTimeAsync(0);
  expect(world.accepted).toHaveLength(1);
});

test('two requests at the same time are one call', async () => {
  const world = new World(tokenFor(60), () => tokenFor(60));
  const outcomes = await Promise.all([world.refresher.refreshNow(), world.refresher.refreshNow()]);
  expect([outcomes, world.refreshes.length]).toEqual([['refreshed', 'refreshed'], 1]);
});

test('nothing happens after it was stopped, also not from a call under way', async () => {
  const world = new World(tokenFor(60), () => new Promise((resolve) => setTimeout(() => resolve(tokenFor(60)), 500)));
  const outcome = world.refresher.refreshNow();
  world.refresher.stop();
  await vi.advanceTimersByTimeAsync(600_000);
  expect([await outcome, world.accepted, world.refreshes.length]).toEqual(['failed', [], 1]);
});

describe('the delay', () => {
  test('of a new token on a machine whose clock is ahead counts from now', () => {
    const session = readToken(signToken({ iat: START / 1000 - 3600, exp: START / 1000 - 3540 }), undefined);
    expect(refreshDelayOfNewMs(session, START)).toBe(51_000);
    expect(refreshDelayMs(session, START)).toBeLessThan(0);
  });

  test('of a token on a machine whose clock is behind is no longer than its lifetime allows', () => {
    const session = readToken(signToken({ iat: START / 1000 + 3600, exp: START / 1000 + 3660 }), undefined);
    expect(refreshDelayMs(session, START)).toBe(51_000);
  });

  test('of a token of an hour ends nine seconds before it does', () => {
    const session = readToken(signToken({ iat: START / 1000, exp: START / 1000 + 3600 }), undefined);
    expect(refreshDelayMs(session, START)).toBe(3_591_000);
  });
});
