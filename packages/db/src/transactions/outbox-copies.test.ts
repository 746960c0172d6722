/** Databases that are copies of one another: what one has done the other takes over. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Change, DBChanges } from '../changes/types.ts';
import { DB } from '../database/database.ts';
import { EntityStoreWithOutbox } from '../database/entity-stores.ts';

const open = (): DB => new DB({ entityStore: new EntityStoreWithOutbox() });
const change = (id: string, set: Change | null): DBChanges => ({
  notes:
    set === null ? { sets: new Map(), deletes: new Set([id]) } : { sets: new Map([[id, set]]), deletes: new Set() },
});
const stamp = (n: number) => [n, 0, 'server'] as const;
const rows = (db: DB) => db.fetch({ collectionName: 'notes', order: [['id', 'ASC']] });
const ids = (db: DB): string[] => db.outbox!.transactions().map(({ id }) => id);

describe('a transaction of another copy', () => {
  test('is shown, in the place that its id gives it, once', async () => {
    const [one, two] = [open(), open()];
    await one.insert('notes', { id: 'a', text: 'one' });
    const [first] = one.outbox!.transactions();
    await two.outbox!.adopt(first!);
    await two.update('notes', 'a', { text: 'two' });
    const [, second] = two.outbox!.transactions();
    await one.outbox!.adopt(second!);
    await one.outbox!.adopt(first!);
    expect(await rows(one)).toEqual([{ id: 'a', text: 'two' }]);
    expect(ids(one)).toEqual(ids(two));
    expect(ids(one)).toEqual(ids(one).toSorted());
  });

  test('does not come back when it was settled', async () => {
    const [one, two] = [open(), open()];
    await one.insert('notes', { id: 'a', text: 'one' });
    const [transaction] = one.outbox!.transactions();
    await two.outbox!.adopt(transaction!);
    await two.outbox!.discard([transaction!.id]);
    await two.outbox!.adopt(transaction!);
    expect([await rows(two), ids(two)]).toEqual([[], []]);
  });
});

const id = fc.constantFrom('a', 'b', 'c');
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('write' as const), id, n: fc.nat(9), isDelete: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remote' as const), id, n: fc.nat(9) }) },
  fc.record({ do: fc.constantFrom('confirm' as const, 'discard' as const), which: fc.nat(3) }),
);

test('whatever a copy held, it becomes equal to the other, and its live queries with it', async () => {
  const history = fc.array(step, { maxLength: 15 });
  await fc.assert(
    fc.asyncProperty(history, history, async (ones, twos) => {
      const [one, two] = [open(), open()];
      for (const each of ones) await carryOut(one, each);
      for (const each of twos) await carryOut(two, each);
      let seen: unknown;
      two.subscribe({ collectionName: 'notes', order: [['id', 'ASC']] }, (results) => (seen = results));
      await two.outbox!.adoptContent(one.outbox!.content());
      await two.updateQueryViews();
      two.broadcastToQuerySubscribers();
      expect(await rows(two)).toEqual(await rows(one));
      expect(seen ?? []).toEqual(await rows(one));
      expect(two.outbox!.transactions()).toEqual(one.outbox!.transactions());
      for (const name of ['a', 'b', 'c']) {
        expect(two.outbox!.confirmedRow('notes', name)).toEqual(one.outbox!.confirmedRow('notes', name));
      }
      // And they go on alike.
      await one.insert('notes', { id: 'new' });
      await two.outbox!.adopt(one.outbox!.transactions().at(-1)!);
      const [oldest] = ids(one);
      for (const db of [one, two]) await db.outbox!.confirm([oldest!], stamp(1_000));
      expect(await rows(two)).toEqual(await rows(one));
    }),
  );
});

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

let clock = 0;
async function carryOut(db: DB, each: Step): Promise<void> {
  const outbox = db.outbox!;
  switch (each.do) {
    case 'write':
      if (each.isDelete) await db.delete('notes', each.id);
      else await db.insert('notes', { id: each.id, n: each.n });
      return;
    case 'remote':
      return outbox.applyRemote(change(each.id, each.n === 0 ? null : { id: each.id, n: each.n }), stamp(++clock));
    default: {
      const chosen = ids(db).slice(0, each.which);
      if (each.do === 'confirm') await outbox.confirm(chosen, stamp(++clock));
      else await outbox.discard(chosen);
    }
  }
}
