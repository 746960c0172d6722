/**
 * The law of the engine: after every commit, a live view equals a fresh fetch, and both equal the oracle; the entities
 * that sync follows are exactly those that the result visits.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DB } from '@triplit/db';
import type { PreparedQuery } from '../../packages/db/src/ast/query.ts';
import { plannerLimits } from '../../packages/db/src/engine/access-path.ts';
import { collectionNames, collections, history, query } from './random-cases.ts';
import type { Operation } from './random-cases.ts';
import { naiveFetch } from './naive-database.ts';
import type { NaiveData, NaiveResult } from './naive-database.ts';

const runs = Number(process.env['ORACLE_RUNS'] ?? 400);

test(
  `live views, fresh reads and the oracle agree after every commit (${runs} random histories)`,
  { timeout: 600_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(
        history,
        fc.array(query, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        async (transactions, queries, indexed) => {
          plannerLimits.smallCollection = indexed ? -1 : 24;
          const db = new DB({ schema: { collections } });
          const half = Math.floor(transactions.length / 2);
          for (const operations of transactions.slice(0, half)) await commit(db, operations);
          const live = queries.map((json) => follow(db, json));
          for (const operations of transactions.slice(half)) {
            await commit(db, operations);
            await db.updateQueryViews();
            db.broadcastToQuerySubscribers();
            const data = dataOf(db);
            for (const view of live) {
              const prepared = db.prepare(view.query as never);
              const naive = naiveFetch(data, prepared);
              const fresh = await db.fetch(view.query as never);
              expect(ids(fresh, prepared), 'fresh read').toEqual(naiveIds(naive));
              expect(ids(view.results()!, prepared), 'live view').toEqual(naiveIds(naive));
              expect(view.results(), 'live values').toEqual(fresh);
              expect(view.entities(), 'entities').toEqual(visited(naive, prepared));
            }
          }
          for (const view of live) view.close();
        },
      ),
      { numRuns: runs },
    );
  },
);

async function commit(db: DB<any>, operations: readonly Operation[]): Promise<void> {
  await db.transact(async (tx) => {
    for (const operation of operations) {
      if (operation.kind === 'insert') await tx.insert(operation.collection, operation.document as never);
      else if (operation.kind === 'delete') await tx.delete(operation.collection, operation.id);
      else await tx.update(operation.collection, operation.id, operation.patch as never);
    }
  });
}

function follow(db: DB<any>, json: Record<string, unknown>) {
  let results: unknown[] | undefined;
  const unsubscribe = db.subscribe(json as never, (next: unknown) => (results = next as unknown[]));
  const followed = new Map<string, Map<string, unknown>>();
  const observation = db.observeEntities(db.prepare(json as never), (delta) => {
    for (const [collection, rows] of delta) {
      for (const [id, row] of rows) {
        if (row === undefined) followed.get(collection)?.delete(id);
        else (followed.get(collection) ?? followed.set(collection, new Map()).get(collection)!).set(id, row);
      }
    }
  });
  for (const [collection, rows] of observation.entities()) followed.set(collection, new Map(rows));
  return {
    query: json,
    results: () => results,
    entities: () => plain(followed),
    close: () => {
      unsubscribe();
      observation.close();
    },
  };
}

function dataOf(db: DB<any>): NaiveData {
  const data: NaiveData = new Map();
  for (const collection of collectionNames) {
    const rows = db.entitiesOf(db.prepare({ collectionName: collection } as never)).get(collection)!;
    data.set(collection, new Map(rows as never));
  }
  return data;
}

type Tree = [id: unknown, include: Record<string, Tree[] | Tree | null>];

function naiveIds(results: NaiveResult[]): Tree[] {
  const tree = (result: NaiveResult): Tree => [
    result.row['id'],
    Object.fromEntries(
      Object.entries(result.include).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.map(tree) : value === null ? null : tree(value),
      ]),
    ),
  ];
  return results.map(tree);
}

function ids(results: readonly any[], prepared: PreparedQuery): Tree[] {
  return results.map((entity): Tree => [
    entity.id,
    Object.fromEntries(
      Object.entries(prepared.include ?? {}).map(([name, { subquery, cardinality }]) => {
        const value = entity[name];
        return [
          name,
          cardinality === 'many' ? ids(value, subquery) : value === null ? null : ids([value], subquery)[0]!,
        ];
      }),
    ),
  ]);
}

function visited(results: NaiveResult[], prepared: PreparedQuery): Record<string, string[]> {
  const found = new Map<string, Map<string, unknown>>();
  const visit = (list: NaiveResult[], query: PreparedQuery): void => {
    for (const { row, include } of list) {
      const rows = found.get(query.collectionName) ?? new Map<string, unknown>();
      found.set(query.collectionName, rows.set(row['id'] as string, row));
      for (const [name, value] of Object.entries(include)) {
        if (value !== null) visit(Array.isArray(value) ? value : [value], query.include![name]!.subquery);
      }
    }
  };
  visit(results, prepared);
  return plain(found);
}

function plain(entities: ReadonlyMap<string, ReadonlyMap<string, unknown>>): Record<string, string[]> {
  return Object.fromEntries(
    [...entities]
      .filter(([, rows]) => rows.size > 0)
      .map(([collection, rows]): [string, string[]] => [collection, [...rows.keys()].sort()])
      .sort(),
  );
}
