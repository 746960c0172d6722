/** The wall clock is moved under a running server, as an administrator or a time service may do. Timers go on as before. */
import { compareTimestamps, platform, usePlatform } from '@triplit/db';
import type { Timestamp } from '@triplit/db';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TodoServer } from '../../../../tests/support/todo-server.ts';
import { TokenLifetime } from './token-lifetime.ts';

const START = 1_795_429_500_000;
const HOUR = 3_600_000;
const jump = (ms: number) => vi.setSystemTime(Date.now() + ms);

beforeEach(() => void vi.useFakeTimers({ now: START }));
afterEach(() => void vi.useRealTimers());

describe.each([HOUR, -HOUR])('a clock that jumps by %i ms', (ms) => {
  it('neither ends a token early nor late, and it ends once', async () => {
    const expired = vi.fn();
    const lifetime = new TokenLifetime(START / 1000 + 60, 5_000, expired);
    await vi.advanceTimersByTimeAsync(30_000);
    jump(ms);
    expect(lifetime.isOver()).toBe(false);
    await vi.advanceTimersByTimeAsync(34_900);
    expect([lifetime.isOver(), expired.mock.calls.length]).toEqual([false, 0]);
    await vi.advanceTimersByTimeAsync(200);
    expect([lifetime.isOver(), expired.mock.calls.length]).toEqual([true, 1]);
    jump(-ms);
    await vi.advanceTimersByTimeAsync(HOUR * 2);
    expect([lifetime.isOver(), expired.mock.calls.length]).toEqual([true, 1]);
  });

  it('sets no timer off again and again', async () => {
    let timers = 0;
    const { schedule } = platform;
    const restore = usePlatform({
      schedule: (task, delayMs) => {
        timers++;
        return schedule(task, delayMs);
      },
    });
    new TokenLifetime(START / 1000 + 60, 0, vi.fn());
    jump(ms);
    await vi.advanceTimersByTimeAsync(59_000);
    restore();
    expect(timers).toBe(1);
  });

  it('leaves connections open, and each is ended once when its own token expires', async () => {
    const todos = await TodoServer.start();
    const connect = (sub: string, seconds: number) => {
      const connection = todos.server.openConnection({ sub, exp: Date.now() / 1000 + seconds });
      const types: string[] = [];
      connection.addListener((type) => types.push(type));
      void connection.start();
      return { connection, types };
    };
    const clients = Array.from({ length: 20 }, (_, n) => connect(`user-${n}`, 60 + n));
    await vi.advanceTimersByTimeAsync(10_000);
    jump(ms);
    await vi.advanceTimersByTimeAsync(1_000);
    for (const { connection } of clients) await connection.dispatchCommand({ type: 'PING', payload: {} });
    expect(new Set(clients.map(({ types }) => types.join()))).toEqual(new Set(['READY,PONG']));
    await vi.advanceTimersByTimeAsync(53_500);
    expect(clients.map(({ types }) => types.includes('CLOSE'))).toEqual(clients.map((_, n) => n < 5));
    jump(-ms);
    await vi.advanceTimersByTimeAsync(HOUR * 2);
    expect(clients.map(({ types }) => types.filter((type) => type === 'CLOSE').length)).toEqual(clients.map(() => 1));
    expect(todos.server.connections.count).toBe(0);
  });
});

it('every stamp is later than the one before, however the clock jumps', async () => {
  const todos = await TodoServer.start();
  const connection = todos.server.openConnection({ 'x-triplit-token-type': 'secret' });
  const stamps: Timestamp[] = [];
  connection.addListener((type, payload) => {
    if (type === 'CHANGES_ACK' || type === 'ENTITY_DATA') stamps.push((payload as { timestamp: Timestamp }).timestamp);
  });
  await connection.start();
  await connection.dispatchCommand({
    type: 'CONNECT_QUERY',
    payload: { id: 'q', params: { collectionName: 'todos' } },
  } as never);
  for (const [round, ms] of [0, HOUR, -HOUR, -HOUR, HOUR, 1, -1].entries()) {
    jump(ms);
    await todos.db.insert('todos', { id: String(round), text: 'theirs' } as never, { skipRules: true });
    const sets = [
      [
        `mine-${round}`,
        { id: `mine-${round}`, text: 'mine', done: false, created: new Date().toISOString(), tags: {} },
      ],
    ];
    const changes = {
      json: { todos: { sets, deletes: [] } },
      meta: { values: { 'todos.sets': ['map'], 'todos.deletes': ['set'] } },
    };
    await connection.dispatchCommand({ type: 'CHANGES', payload: { changes } } as never);
    await vi.advanceTimersByTimeAsync(50);
  }
  expect(stamps.length).toBeGreaterThanOrEqual(14);
  for (const [index, stamp] of stamps.entries())
    if (index > 0) expect(compareTimestamps(stamps[index - 1]!, stamp)).toBeLessThan(0);
});
