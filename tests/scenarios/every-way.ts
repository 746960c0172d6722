/**
 * Asks one question in every way that a database can be asked, and expects one answer: reads and counts, inside a
 * transaction too, and live queries; on memory and on LMDB; by scan and by index.
 */
import { open } from 'lmdb';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect } from 'vitest';
import { DB } from '@triplit/db';
import type { DBSchema } from '@triplit/db';
import { LmdbKVStore } from '@triplit/db/storage/lmdb';
import { plannerLimits } from '../../packages/db/src/engine/access-path.ts';
import { indexLimits } from '../../packages/db/src/entities/entity-store.ts';

export type Query = { readonly collectionName: string; readonly [clause: string]: unknown };
export type Rows = Record<string, readonly Record<string, unknown>[]>;
export type OpenDatabase = (schema?: object) => DB;

/** Runs the tests on every storage engine, reading small collections whole and by index. */
export function onEveryStorage(tests: (openDatabase: OpenDatabase) => void): void {
  const directory = mkdtempSync(join(tmpdir(), 'every-way-'));
  const opened: DB[] = [];
  let environments = 0;
  const stores = {
    memory: () => undefined,
    LMDB: () => new LmdbKVStore(open({ path: join(directory, String(environments++)), noSync: true })),
  };
  afterEach(async () => {
    for (const db of opened.splice(0)) await db.close();
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  for (const [storage, newStore] of Object.entries(stores)) {
    const { smallCollection } = plannerLimits;
    const { rowsWithoutIndex } = indexLimits;
    for (const [way, limits] of [
      ['by scan', { smallCollection, rowsWithoutIndex }],
      ['by index', { smallCollection: 0, rowsWithoutIndex: -1 }],
    ] as const) {
      describe(`${storage}, ${way}`, () => {
        const set = (limit: typeof limits): void => {
          plannerLimits.smallCollection = limit.smallCollection;
          indexLimits.rowsWithoutIndex = limit.rowsWithoutIndex;
        };
        beforeEach(() => set(limits));
        afterEach(() => set({ smallCollection, rowsWithoutIndex }));
        tests((schema) => {
          const db = new DB({ schema: schema as DBSchema | undefined, kv: newStore() } as never) as unknown as DB;
          opened.push(db);
          return db;
        });
      });
    }
  }
}

/** Inserts rows past permissions, in one transaction. */
export async function fill(db: DB, rows: Rows): Promise<void> {
  await db.transact(
    async (tx) => {
      for (const [collection, documents] of Object.entries(rows))
        for (const document of documents) await tx.insert(collection, { ...document });
    },
    { skipRules: true },
  );
}

/** Expects the same results of a fetch, a transaction's fetch and a live query, and their number of the counts. */
export async function expectResults(db: DB, query: Query, expected: readonly unknown[]): Promise<void> {
  expect(await db.fetch(query as never)).toEqual(expected);
  await db.transact(async (tx) => {
    expect(await tx.fetch(query as never)).toEqual(expected);
    if (query['limit'] === undefined && query['after'] === undefined)
      expect(await tx.count(query as never)).toBe(expected.length);
  });
  if (query['limit'] === undefined && query['after'] === undefined)
    expect(await db.count(query as never)).toBe(expected.length);
  const live = watch(db, query);
  expect(await live.current()).toEqual(expected);
  live.stop();
}

/** The same, told by the ids alone. */
export async function expectIds(db: DB, query: Query, ids: readonly string[]): Promise<void> {
  await expectResults(
    db,
    { ...query, select: ['id'] },
    ids.map((id) => ({ id })),
  );
}

/** A live query whose results can be asked for. */
export function watch(db: DB, query: Query): { current(): Promise<unknown[]>; stop(): void } {
  let results: unknown[] = [];
  const stop = db.subscribe(
    query as never,
    (rows: unknown[]) => void (results = rows),
    (error: Error) => {
      throw error;
    },
  );
  return {
    stop,
    async current() {
      await db.updateQueryViews();
      db.broadcastToQuerySubscribers();
      return results;
    },
  };
}
