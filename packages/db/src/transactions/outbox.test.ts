import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyChange } from '../changes/apply-change.ts';
import type { Change, DBChanges, Row } from '../changes/types.ts';
import { DB } from '../database/database.ts';
import { EntityStoreWithOutbox } from '../database/entity-stores.ts';
import { BTreeKVStore } from '../storage/memory-btree.ts';

const set = (id: string, change: Change): DBChanges => ({
  notes: { sets: new Map([[id, change]]), deletes: new Set() },
});
const stamp = (n: number) => [n, 0, 'server'] as const;

test('a local write is visible at once, waits in the outbox, and becomes confirmed by its acknowledgement', async () => {
  const db = new DB({ entityStore: new EntityStoreWithOutbox() });
  await db.insert('notes', { id: 'a', text: 'mine' });
  const [pending] = db.outbox!.transactions();
  expect(await db.fetchById('notes', 'a')).toEqual({ id: 'a', text: 'mine' });
  expect(db.outbox!.confirmedRow('notes', 'a')).toBeUndefined();
  await db.outbox!.confirm([pending!.id], stamp(1));
  expect(db.outbox!.size).toBe(0);
  expect(db.outbox!.confirmedRow('notes', 'a')).toEqual({ id: 'a', text: 'mine' });
});

test('data from the server never hides pending changes, and a discarded transaction is rolled back to it', async () => {
  const db = new DB({ entityStore: new EntityStoreWithOutbox() });
  await db.outbox!.applyRemote(set('a', { id: 'a', text: 'theirs', n: 1 }), stamp(1));
  await db.update('notes', 'a', { text: 'mine' });
  await db.outbox!.applyRemote(set('a', { id: 'a', text: 'theirs again', n: 2 }), stamp(2));
  expect(await db.fetchById('notes', 'a')).toEqual({ id: 'a', text: 'mine', n: 2 });
  await db.outbox!.discard(db.outbox!.transactions().map(({ id }) => id));
  expect(await db.fetchById('notes', 'a')).toEqual({ id: 'a', text: 'theirs again', n: 2 });
});

test('a transaction that had been applied earlier does not hide what came after it', async () => {
  const db = new DB({ entityStore: new EntityStoreWithOutbox() });
  await db.insert('notes', { id: 'a', text: 'mine' });
  await db.insert('notes', { id: 'b', text: 'mine' });
  await db.update('notes', 'a', { n: 1 });
  const ids = db.outbox!.transactions().map(({ id }) => id);
  await db.outbox!.applyRemote(set('a', { id: 'a', text: 'theirs' }), stamp(2));
  await db.outbox!.confirm(
    ids,
    stamp(3),
    new Map([
      [ids[0]!, stamp(1)],
      [ids[1]!, stamp(1)],
    ]),
  );
  expect(await db.fetchById('notes', 'a')).toEqual({ id: 'a', text: 'theirs', n: 1 });
  expect(await db.fetchById('notes', 'b')).toEqual({ id: 'b', text: 'mine' });
  expect(db.timestampOf('notes', 'a')).toEqual(stamp(3));
  expect(db.timestampOf('notes', 'b')).toEqual(stamp(1));
});

test('the log survives reopening', async () => {
  const kv = new BTreeKVStore();
  const db = new DB({ kv, entityStore: new EntityStoreWithOutbox() });
  await db.insert('notes', { id: 'a', text: 'mine' });
  await db.delete('notes', 'b');
  const reopened = new DB({ kv, entityStore: new EntityStoreWithOutbox() });
  expect(reopened.outbox!.transactions()).toEqual(db.outbox!.transactions());
  await reopened.insert('notes', { id: 'c', text: 'later' });
  expect(reopened.outbox!.transactions().map(({ id }) => id)).toEqual(
    [...reopened.outbox!.transactions()].map(({ id }) => id).sort(),
  );
});

// A model of maps: confirmed rows, and the pending transactions over them.
type Step =
  | { kind: 'write'; changes: [id: string, change: Change | null][] }
  | { kind: 'confirm' | 'discard'; which: number }
  | { kind: 'discardEntity'; id: string }
  | { kind: 'remote'; id: string; row: Row | null };
const id = fc.constantFrom('a', 'b', 'c');
const partial = fc.record(
  {
    text: fc.constantFrom('x', 'y'),
    tags: fc.dictionary(fc.constantFrom('s', 't'), fc.boolean(), { noNullPrototype: true }),
  },
  { requiredKeys: [] },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .array(fc.tuple(id, fc.option(fc.tuple(partial, fc.boolean()), { nil: null })), { minLength: 1, maxLength: 3 })
      .map((entries): Step => ({
        kind: 'write',
        changes: entries.map(([entity, change]) => [
          entity,
          change === null ? null : change[1] ? { ...change[0], id: entity } : change[0],
        ]),
      })),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('confirm' as const, 'discard' as const), which: fc.nat(5) }),
  },
  fc.record({ kind: fc.constant('discardEntity' as const), id }),
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('remote' as const), id, row: fc.option(partial, { nil: null }) }),
  },
);

test('what is shown is always the confirmed state with the pending transactions on top', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const db = new DB({ entityStore: new EntityStoreWithOutbox() });
      const outbox = db.outbox!;
      const confirmed = new Map<string, Row>();
      let time = 0;
      for (const next of steps) {
        time += 1;
        if (next.kind === 'write') {
          await db.transact(async (tx) => {
            for (const [entity, change] of next.changes) {
              if (change === null) await tx.delete('notes', entity);
              else if (change['id']) await tx.insert('notes', change);
              else await tx.update('notes', entity, change);
            }
          });
        } else if (next.kind === 'discardEntity') {
          await outbox.discardEntity('notes', next.id);
        } else if (next.kind === 'remote') {
          const row = next.row === null ? null : { ...next.row, id: next.id };
          const changes: DBChanges = {
            notes: {
              sets: row === null ? new Map() : new Map([[next.id, row]]),
              deletes: row === null ? new Set([next.id]) : new Set(),
            },
          };
          await outbox.applyRemote(changes, stamp(time));
          if (row === null) confirmed.delete(next.id);
          else confirmed.set(next.id, row);
        } else {
          // The server acknowledges in order: only the oldest may be confirmed.
          const transaction = next.kind === 'confirm' ? outbox.transactions()[0] : outbox.transactions()[next.which];
          if (transaction === undefined) continue;
          if (next.kind === 'confirm') apply(confirmed, transaction.changes);
          await outbox[next.kind]([transaction.id], stamp(time));
        }
        const expected = new Map(confirmed);
        for (const { changes } of outbox.transactions()) apply(expected, changes);
        const shown = await db.fetch({ collectionName: 'notes' });
        expect(shown).toEqual([...expected.values()].sort((x, y) => (String(x['id']) < String(y['id']) ? -1 : 1)));
        for (const entity of ['a', 'b', 'c'])
          expect(outbox.confirmedRow('notes', entity)).toEqual(confirmed.get(entity));
      }
    }),
    { numRuns: 300 },
  );
});

function apply(rows: Map<string, Row>, changes: DBChanges): void {
  const { sets, deletes } = changes['notes'] ?? { sets: new Map<string, Change>(), deletes: new Set<string>() };
  for (const entity of deletes) rows.delete(entity);
  for (const [entity, change] of sets) {
    const row = applyChange(rows.get(entity), change).next;
    if (row !== undefined) rows.set(entity, row);
  }
}
