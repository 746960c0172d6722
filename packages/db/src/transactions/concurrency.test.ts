/** Transactions that run at the same time end as if they had run one after another. */
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { TransactionConflictError } from '../base/errors.ts';
import { DB } from '../database/database.ts';
import { EntityStoreWithOutbox } from '../database/entity-stores.ts';
import { Schema as S } from '../schema/builder.ts';
import type { DBTransaction } from './transaction.ts';

const pause = (turns = 1): Promise<void> =>
  turns <= 0 ? Promise.resolve() : new Promise((resolve) => setImmediate(resolve)).then(() => pause(turns - 1));

const collections = S.Collections({
  counters: { schema: S.Schema({ id: S.Id(), value: S.Number(), group: S.String({ default: 'a' }) }) },
  shifts: {
    schema: S.Schema({ id: S.Id(), doctorId: S.String(), onCall: S.Boolean() }),
    relationships: { doctor: S.RelationById('doctors', '$doctorId') },
  },
  doctors: { schema: S.Schema({ id: S.Id(), name: S.String() }) },
});
const modes = { local: {}, 'with an outbox': { entityStore: new EntityStoreWithOutbox() } };

describe.each(Object.entries(modes))('%s', (_mode, options) => {
  const open = (): DB<typeof collections> => new DB({ schema: { collections }, ...options });

  test('fifty concurrent increments end at fifty', async () => {
    const db = open();
    await db.insert('counters', { id: 'c', value: 0 });
    const increment = (): Promise<void> =>
      db.transact(async (tx) => {
        const counter = await tx.fetchById('counters', 'c');
        await pause();
        await tx.update('counters', 'c', { value: counter!.value + 1 });
      });
    await Promise.all(Array.from({ length: 50 }, increment));
    expect(await db.fetchById('counters', 'c')).toMatchObject({ value: 50 });
  });

  test('concurrent updates by functions lose nothing, whether or not they are asynchronous', async () => {
    const db = open();
    await db.insert('counters', { id: 'c', value: 0 });
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        db.update('counters', 'c', async (counter) => {
          if (index % 2 === 0) await pause();
          counter.value += 1;
        }),
      ),
    );
    expect(await db.fetchById('counters', 'c')).toMatchObject({ value: 20 });
  });

  test('an update by a function that does not wait is one step and runs once', async () => {
    const db = open();
    await db.insert('counters', { id: 'c', value: 0 });
    const change = vi.fn((counter: { value: number }) => void (counter.value += 1));
    await Promise.all(Array.from({ length: 10 }, () => db.update('counters', 'c', change)));
    expect(change).toHaveBeenCalledTimes(10);
    expect(await db.fetchById('counters', 'c')).toMatchObject({ value: 10 });
  });

  test('transfers keep the sum', async () => {
    const db = open();
    for (const id of ['a', 'b', 'c']) await db.insert('counters', { id, value: 100 });
    const transfer = (from: string, to: string, amount: number): Promise<void> =>
      db.transact(async (tx) => {
        const source = await tx.fetchById('counters', from);
        await pause(amount % 3);
        const target = await tx.fetchById('counters', to);
        await pause(amount % 2);
        await tx.update('counters', from, { value: source!.value - amount });
        await tx.update('counters', to, { value: target!.value + amount });
      });
    await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        transfer('abc'[index % 3]!, 'abc'[(index + 1 + (index % 2)) % 3]!, index),
      ),
    );
    const values = (await db.fetch(db.query('counters'))).map(({ value }) => value);
    expect(values.reduce((sum, value) => sum + value)).toBe(300);
  });

  test('two doctors cannot both leave because each saw the other on call (write skew)', async () => {
    const db = open();
    for (const id of ['1', '2']) await db.insert('shifts', { id, doctorId: id, onCall: true });
    const leave = (id: string): Promise<void> =>
      db.transact(async (tx) => {
        const others = await tx.fetch(db.query('shifts').Where('onCall', '=', true));
        await pause();
        if (others.length > 1) await tx.update('shifts', id, { onCall: false });
      });
    await Promise.all([leave('1'), leave('2')]);
    expect(await db.count(db.query('shifts').Where('onCall', '=', true))).toBe(1);
  });

  test('a row that newly matches a query that was read is a conflict (phantom)', async () => {
    const db = open();
    const runs = vi.fn();
    const reserve = (): Promise<void> =>
      db.transact(async (tx) => {
        runs();
        const taken = await tx.count(db.query('counters').Where('group', '=', 'seats'));
        await pause();
        if (taken < 1) await tx.insert('counters', { value: 1, group: 'seats' });
      });
    await Promise.all([reserve(), reserve(), reserve()]);
    expect(await db.count(db.query('counters').Where('group', '=', 'seats'))).toBe(1);
    expect(runs.mock.calls.length).toBeGreaterThan(3);
  });

  test('a change behind a relation that was read is a conflict', async () => {
    const db = open();
    await db.insert('doctors', { id: 'd', name: 'Ann' });
    await db.insert('shifts', { id: '1', doctorId: 'd', onCall: true });
    const seen: number[] = [];
    await db.transact(async (tx) => {
      const found = await tx.fetch(db.query('shifts').Where('doctor.name', '=', 'Ann'));
      seen.push(found.length);
      if (seen.length === 1) await db.update('doctors', 'd', { name: 'Bea' });
      await tx.insert('counters', { id: 'found', value: found.length });
    });
    expect(seen).toEqual([1, 0]);
    expect(await db.fetchById('counters', 'found')).toMatchObject({ value: 0 });
  });
});

const open = (): DB<typeof collections> => new DB({ schema: { collections } });

test('commits that concern nothing that was read cause no repetition', async () => {
  const db = open();
  for (let index = 0; index < 100; index++)
    await db.insert('counters', {
      id: `c${String(index).padStart(3, '0')}`,
      value: index,
      group: index < 50 ? 'a' : 'b',
    });
  const runs = vi.fn();
  await db.transact(async (tx) => {
    runs();
    await tx.fetchById('counters', 'c001');
    await tx.fetch(db.query('counters').Where('group', '=', 'a'));
    await tx.fetch(db.query('counters').Order('value', 'ASC').Limit(3));
    await db.update('counters', 'c070', { value: 700 });
    await db.insert('counters', { id: 'new', value: 800, group: 'b' });
    await db.delete('counters', 'c080');
    await pause();
    await tx.fetch(db.query('counters').Where('value', '>', 900));
  });
  expect(runs).toHaveBeenCalledTimes(1);
});

test('writing without reading never conflicts', async () => {
  const db = open();
  await db.insert('counters', { id: 'c', value: 0 });
  const runs = vi.fn();
  const write = (value: number): Promise<void> =>
    db.transact(async (tx) => {
      runs();
      await tx.update('counters', 'c', { value });
      await pause();
    });
  await Promise.all([write(1), write(2), write(3)]);
  expect(runs).toHaveBeenCalledTimes(3);
});

test('all reads of a run are of one state: one that others left behind is not read on', async () => {
  const db = open();
  await db.insert('counters', { id: 'a', value: 50 });
  await db.insert('counters', { id: 'b', value: 50 });
  const sums: number[] = [];
  await db.transact(async (tx) => {
    const a = await tx.fetchById('counters', 'a');
    if (sums.length === 0) {
      sums.push(-1);
      await db.transact(async (other) => {
        await other.update('counters', 'a', { value: 0 });
        await other.update('counters', 'b', { value: 100 });
      });
    }
    const b = await tx.fetchById('counters', 'b');
    sums.push(a!.value + b!.value);
  });
  expect(sums).toEqual([-1, 100]);
});

test('a callback that never ends blocks nobody', async () => {
  const db = open();
  await db.insert('counters', { id: 'c', value: 0 });
  void db.transact(async (tx) => {
    await tx.fetchById('counters', 'c');
    await tx.update('counters', 'c', { value: -1 });
    await new Promise(() => undefined);
  });
  for (let index = 0; index < 30_000; index++) await db.update('counters', 'c', (counter) => void (counter.value += 1));
  expect(await db.fetchById('counters', 'c')).toMatchObject({ value: 30_000 });
});

test('a transaction that was overtaken by more commits than are remembered is run again', async () => {
  const db = open();
  await db.insert('counters', { id: 'mine', value: 0 });
  await db.insert('counters', { id: 'other', value: 0 });
  let runs = 0;
  await db.transact(async (tx) => {
    runs += 1;
    await tx.fetchById('counters', 'mine');
    if (runs > 1) return;
    for (let index = 0; index < 25_000; index++) await db.update('counters', 'other', { value: index + 1 });
  });
  expect(runs).toBe(2);
});

test('a callback that itself changes what it read, past its transaction, is given up with a clear error', async () => {
  const db = open();
  await db.insert('counters', { id: 'c', value: 0 });
  const attempt = db.transact(async (tx) => {
    await tx.fetchById('counters', 'c');
    await db.update('counters', 'c', (counter) => void (counter.value += 1));
  });
  await expect(attempt).rejects.toThrow(TransactionConflictError);
  await expect(attempt).rejects.toMatchObject({ name: 'TransactionConflictError', status: 409 });
});

test('an error of the callback is not taken for a conflict, and is not repeated', async () => {
  const db = open();
  const runs = vi.fn(() => {
    throw new Error('mine');
  });
  await expect(
    db.transact(async (tx) => {
      await tx.fetch(db.query('counters'));
      runs();
    }),
  ).rejects.toThrow('mine');
  expect(runs).toHaveBeenCalledTimes(1);
});

test('clearing the database is a conflict for everybody who has read', async () => {
  const db = open();
  await db.insert('counters', { id: 'c', value: 1 });
  const seen: unknown[] = [];
  await db.transact(async (tx) => {
    seen.push(await tx.fetchById('counters', 'c'));
    if (seen.length === 1) await db.clear();
  });
  expect(seen).toEqual([{ id: 'c', value: 1, group: 'a' }, null]);
});

// The law: whatever the interleaving, results and final state are those of running the transactions one by one in the
// order in which they committed.

type Step =
  | { kind: 'read'; id: string }
  | { kind: 'list'; group: string; limit?: number | undefined }
  | { kind: 'count'; atLeast: number }
  | { kind: 'add'; id: string }
  | { kind: 'move'; id: string; group: string }
  | { kind: 'put'; id: string }
  | { kind: 'drop'; id: string }
  | { kind: 'pause'; turns: number };

const id = fc.constantFrom('a', 'b', 'c', 'd');
const group = fc.constantFrom('x', 'y');
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('read' as const), id }),
  fc.record({ kind: fc.constant('list' as const), group, limit: fc.option(fc.nat(2), { nil: undefined }) }),
  fc.record({ kind: fc.constant('count' as const), atLeast: fc.nat(4) }),
  fc.record({ kind: fc.constant('add' as const), id }),
  fc.record({ kind: fc.constant('move' as const), id, group }),
  fc.record({ kind: fc.constant('put' as const), id }),
  fc.record({ kind: fc.constant('drop' as const), id }),
  fc.record({ kind: fc.constant('pause' as const), turns: fc.nat(3) }),
);

/** What a transaction writes depends on everything that it has read before. */
async function run(db: DB<typeof collections>, tx: DBTransaction<typeof collections>, steps: readonly Step[]) {
  const log: unknown[] = [];
  const digest = (): number => JSON.stringify(log).length % 7;
  for (const action of steps) {
    switch (action.kind) {
      case 'read':
        log.push(await tx.fetchById('counters', action.id));
        break;
      case 'list': {
        const query = db
          .query('counters')
          .Where('group', '=', action.group)
          .Order([
            ['value', 'ASC'],
            ['id', 'ASC'],
          ]);
        log.push(await tx.fetch(action.limit === undefined ? query : query.Limit(action.limit)));
        break;
      }
      case 'count':
        log.push(await tx.count(db.query('counters').Where('value', '>=', action.atLeast)));
        break;
      case 'add': {
        const counter = await tx.fetchById('counters', action.id);
        if (counter !== null) await tx.update('counters', action.id, { value: counter.value + 1 });
        break;
      }
      case 'move':
        await tx.update('counters', action.id, { group: action.group });
        break;
      case 'put':
        await tx.insert('counters', { id: action.id, value: digest(), group: 'x' });
        break;
      case 'drop':
        await tx.delete('counters', action.id);
        break;
      case 'pause':
        await pause(action.turns);
        break;
    }
  }
  return log;
}

test('random interleavings are serialisable', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { minLength: 2, maxLength: 5 }),
      async (all) => {
        const concurrent = open();
        const serial = open();
        for (const db of [concurrent, serial])
          for (const start of ['a', 'b', 'c'])
            await db.insert('counters', { id: start, value: 1, group: start === 'a' ? 'x' : 'y' });
        // Each transaction leaves a mark, by which the order of commits is known.
        const committed: number[] = [];
        concurrent.onCommit((changes) => {
          for (const mark of changes['doctors']?.sets.keys() ?? []) committed.push(Number(mark));
        });
        const logs = await Promise.all(
          all.map((steps, index) =>
            concurrent.transact(async (tx) => {
              await tx.insert('doctors', { id: String(index), name: 'mark' });
              return run(concurrent, tx, steps);
            }),
          ),
        );
        expect(committed.toSorted()).toEqual(all.map((_, index) => index));
        for (const index of committed)
          expect(await serial.transact((tx) => run(serial, tx, all[index]!))).toEqual(logs[index]);
        expect(await concurrent.fetch(concurrent.query('counters'))).toEqual(
          await serial.fetch(serial.query('counters')),
        );
      },
    ),
    { numRuns: 300 },
  );
});
