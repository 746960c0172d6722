/**
 * The law of read permissions: two databases that differ only in rows that a session may not read give that session the
 * same results, for reads and for live views. Nothing hidden is returned, counted, ordered by or inferred.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DB } from '@triplit/db';
import { plannerLimits } from '../../packages/db/src/engine/access-path.ts';
import { collectionNames, collections, history, query } from './random-cases.ts';
import type { CollectionName, Operation } from './random-cases.ts';

const runs = Number(process.env['ORACLE_RUNS'] ?? 300);

const schema = {
  collections: {
    ...collections,
    lists: {
      ...collections.lists,
      permissions: {
        user: {
          read: {
            filter: [
              {
                mod: 'or' as const,
                filters: [
                  ['ownerId', '=', '$role.id'],
                  ['memberIds', 'has', '$role.id'],
                ] as const,
              },
            ],
          },
        },
      },
    },
    todos: {
      ...collections.todos,
      permissions: {
        user: {
          read: {
            filter: [
              {
                mod: 'or' as const,
                filters: [
                  ['authorId', '=', '$role.id'],
                  ['list.title', '=', 'ant'],
                ] as const,
              },
            ],
          },
        },
      },
    },
  },
  roles: { user: { match: { sub: '$id' } } },
};

/** What may differ in a row that stays hidden. */
const hiddenEdit = fc.record({
  remove: fc.boolean(),
  text: fc.constantFrom('ant', 'Bee', 'cat'),
  rank: fc.integer({ min: 0, max: 4 }),
  open: fc.boolean(),
});
type HiddenEdit = typeof hiddenEdit extends fc.Arbitrary<infer T> ? T : never;

test(
  `what a session may not read leaves no trace in its results (${runs} random pairs of databases)`,
  { timeout: 600_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(
        history,
        fc.array(query, { minLength: 1, maxLength: 4 }),
        fc.array(hiddenEdit, { minLength: 8, maxLength: 8 }),
        fc.boolean(),
        async (transactions, queries, edits, indexed) => {
          plannerLimits.smallCollection = indexed ? -1 : 24;
          const left = new DB({ schema: schema as never });
          const right = new DB({ schema: schema as never });
          const leftSession = left.withSessionVars({ sub: 'a' });
          const rightSession = right.withSessionVars({ sub: 'a' });
          const live = queries.map((json) => [follow(leftSession, json), follow(rightSession, json)] as const);
          for (const operations of transactions) {
            await commit(left, operations);
            await mirror(left, leftSession, right, edits);
            for (const db of [left, right]) {
              await db.updateQueryViews();
              db.broadcastToQuerySubscribers();
            }
            for (const [index, json] of queries.entries()) {
              const expected = await leftSession.fetch(json as never);
              expect(await rightSession.fetch(json as never), 'fresh read').toEqual(expected);
              expect(live[index]![0](), 'live view').toEqual(expected);
              expect(live[index]![1](), 'live view beside other hidden rows').toEqual(expected);
            }
          }
        },
      ),
      { numRuns: runs },
    );
  },
);

async function commit(db: DB<any>, operations: readonly Operation[]): Promise<void> {
  await db.transact(
    async (tx) => {
      for (const operation of operations) {
        if (operation.kind === 'insert') await tx.insert(operation.collection, operation.document as never);
        else if (operation.kind === 'delete') await tx.delete(operation.collection, operation.id);
        else await tx.update(operation.collection, operation.id, operation.patch as never);
      }
    },
    { skipRules: true },
  );
}

/** Makes `right` equal to `left` in what the session may read, and different in the rest. */
async function mirror(left: DB<any>, session: DB<any>, right: DB<any>, edits: readonly HiddenEdit[]): Promise<void> {
  const target = new Map<CollectionName, Map<string, Record<string, unknown>>>();
  for (const collection of collectionNames) {
    const readable = new Set(
      (await session.fetch({ collectionName: collection } as never)).map((row) => (row as { id: string }).id),
    );
    const rows = new Map<string, Record<string, unknown>>();
    for (const row of await left.fetch({ collectionName: collection } as never, { skipRules: true })) {
      const entity = row as Record<string, unknown>;
      const id = entity['id'] as string;
      if (readable.has(id)) rows.set(id, entity);
      else {
        const edit = edits[id.charCodeAt(0) % edits.length]!;
        if (edit.remove) continue;
        if (collection === 'todos') rows.set(id, { ...entity, text: edit.text, rank: edit.rank });
        // A hidden list may have any title: what hangs on it must not show.
        else if (collection === 'lists') rows.set(id, { ...entity, title: edit.text, open: edit.open });
        else rows.set(id, entity);
      }
    }
    target.set(collection, rows);
  }
  await right.transact(
    async (tx) => {
      for (const [collection, rows] of target) {
        for (const row of await tx.fetch({ collectionName: collection } as never)) {
          const id = (row as { id: string }).id;
          await tx.delete(collection, id);
        }
        for (const row of rows.values()) await tx.insert(collection, row as never);
      }
    },
    { skipRules: true },
  );
}

function follow(db: DB<any>, json: Record<string, unknown>): () => unknown {
  let results: unknown;
  db.subscribe(json as never, (next: unknown) => void (results = next));
  return () => results;
}
