/**
 * The law of the engine, for one case: after every commit a live view equals a fresh read, and both equal the oracle, values
 * included; what a transaction reads is what its commit leads to; the entities that sync follows are those of the result.
 */
import { DB, EntityStoreWithOutbox } from '@triplit/db';
import { setWaysToRead } from './case.ts';
import type { Case } from './case.ts';
import { NaiveDatabase } from './naive-database.ts';
import type { Circumstances, NaiveData, NaiveResult, Query } from './naive-database.ts';
import { equal } from './naive-values.ts';
import { applyEdits, effectOf } from './naive-writes.ts';
import type { Operation, Write } from './naive-writes.ts';
import { GLOBALS } from './random-query.ts';

/** One of them is wrong. */
export class Disagreement extends Error {
  readonly law: string;

  constructor(law: string, query: Query | undefined, expected: unknown, actual: unknown) {
    super(
      `${law} differs from the oracle.\nquery:    ${show(query)}\nexpected: ${show(expected)}\nactual:   ${show(actual)}`,
    );
    this.name = 'Disagreement';
    this.law = law;
  }
}

export interface Setting {
  kv?: NonNullable<ConstructorParameters<typeof DB>[0]>['kv'];
  outbox?: boolean;
  /** Opens the same storage again, for a last look at what was kept. */
  reopen?: () => Promise<Setting['kv']>;
}

export async function judge(given: Case, setting: Setting = {}): Promise<void> {
  setWaysToRead(given);
  const { schema, session, history, queries } = given;
  const root = open(given, setting);
  const db = session === undefined ? root : root.withSessionVars(session);
  const circumstances: Circumstances = { session, global: GLOBALS };
  let data: NaiveData = new Map();
  const half = Math.floor(history.length / 2);
  let live: Followed[] | undefined;
  for (const [index, operations] of history.entries()) {
    if (index === half) live = queries.map((query) => follow(db, query));
    const effect = effectOf(schema, data, operations);
    // A client's replica leaves it to the server to refuse.
    if (effect === undefined && setting.outbox === true) return;
    if (effect === undefined) {
      await expectRefusal('DBSerializationError', () => commit(root, operations));
      continue;
    }
    const after = new NaiveDatabase(schema, effect.after);
    // The session tries first. What it may not do is done past permissions, so that there are rows that it could not write.
    const tries = session !== undefined && setting.outbox !== true;
    const maySucceed = tries && effect.writes.every((write) => permits(after, write, circumstances));
    if (tries && !maySucceed) {
      await expectRefusal('WritePermissionError', () => commit(db, operations, { skipRules: false }));
      await expectUnchanged(root, new NaiveDatabase(schema, data));
    }
    if (tries) sessionWrites[maySucceed ? 'accepted' : 'refused'] += 1;
    await commit(maySucceed ? db : root, operations, { skipRules: !maySucceed }, async (tx) => {
      const query = queries[index % queries.length]!;
      const expected = after.fetch(query, maySucceed ? circumstances : { global: GLOBALS });
      expectEqual(
        'a read in the transaction',
        query,
        expected.map((result) => result.entity),
        await tx.fetch(query as never),
      );
    });
    data = after.data;
    if (live === undefined) continue;
    await root.updateQueryViews();
    root.broadcastToQuerySubscribers();
    for (const view of live) {
      const results = after.fetch(view.query, circumstances);
      const expected = results.map((result) => result.entity);
      expectEqual('a fresh read', view.query, expected, await db.fetch(view.query as never));
      expectEqual('a live view', view.query, expected, view.results());
      expectEqual('what sync follows', view.query, visited(results), view.entities());
    }
  }
  for (const view of live ?? []) view.close();
  if (setting.reopen === undefined) return;
  await root.close();
  const reopened = open(given, { ...setting, kv: await setting.reopen() });
  const handle = session === undefined ? reopened : reopened.withSessionVars(session);
  const kept = new NaiveDatabase(schema, data);
  for (const query of queries) {
    const expected = kept.fetch(query, circumstances).map((result) => result.entity);
    expectEqual('a read after reopening', query, expected, await handle.fetch(query as never));
  }
  await reopened.close();
}

export function open({ schema }: Pick<Case, 'schema'>, { kv, outbox }: Setting): DB<any> {
  return new DB<any>({
    ...(schema.schemaless !== true && { schema: schema as never }),
    variables: GLOBALS,
    ...(kv !== undefined && { kv }),
    ...(outbox === true && { entityStore: new EntityStoreWithOutbox() }),
  });
}

export function expectEqual(law: string, query: Query | undefined, expected: unknown, actual: unknown): void {
  if (!equal(expected, actual)) throw new Disagreement(law, query, expected, actual);
}

/** How many transactions of sessions were judged, for those who want to be sure that there were some. */
export const sessionWrites = { accepted: 0, refused: 0 };

/** All of it is decided on the state after the transaction; only the row itself is looked at as it was. */
function permits(after: NaiveDatabase, write: Write, circumstances: Circumstances): boolean {
  if (write.kind !== 'update') return after.permits(write.kind, write, circumstances);
  const { collection, row, prev } = write;
  return (
    after.permits('update', { collection, row: prev, prev }, circumstances) &&
    after.permits('postUpdate', { collection, row, prev }, circumstances)
  );
}

async function expectRefusal(name: string, write: () => Promise<void>): Promise<void> {
  const refusal = await write().then(
    () => undefined,
    (error: Error) => error,
  );
  const law = `the refusal of a write (${refusal?.name ?? 'none'})`;
  if (refusal?.name !== name) throw new Disagreement(law, undefined, name, String(refusal));
}

async function expectUnchanged(root: DB<any>, before: NaiveDatabase): Promise<void> {
  for (const collectionName of Object.keys(before.schema.collections)) {
    const expected = before.fetch({ collectionName }, { global: GLOBALS }).map((result) => result.entity);
    const actual = await root.fetch({ collectionName }, { skipRules: true });
    expectEqual('what a refused write leaves', { collectionName }, expected, actual);
  }
}

/** Makes the operations in one transaction; `last` runs in it after them. */
export async function commit(
  db: DB<any>,
  operations: readonly Operation[],
  options: { skipRules: boolean } = { skipRules: true },
  last: (tx: { fetch(query: never): Promise<unknown> }) => Promise<void> = async () => {},
): Promise<void> {
  await db.transact(async (tx) => {
    for (const operation of operations) {
      const { collection } = operation;
      if (operation.kind === 'insert') await tx.insert(collection, operation.document as never);
      else if (operation.kind === 'delete') await tx.delete(collection, operation.id);
      else if (operation.kind === 'patch') await tx.update(collection, operation.id, operation.patch as never);
      else
        await tx
          .update(collection, operation.id, (entity: never) => applyEdits(entity, operation.edits))
          .catch(unlessMissing);
    }
    await last(tx as never);
  }, options);
}

/** An updater of an entity that is not there throws; a history may contain some. */
function unlessMissing(error: Error): void {
  if (error.name !== 'EntityNotFoundError') throw error;
}

interface Followed {
  query: Query;
  results: () => unknown;
  entities: () => Record<string, string[]>;
  close: () => void;
}

function follow(db: DB<any>, query: Query): Followed {
  let results: unknown;
  let failure: Error | undefined;
  const unsubscribe = db.subscribe(
    query as never,
    (next: unknown) => void (results = next),
    (error) => void (failure = error),
  );
  const followed = new Map<string, Set<string>>();
  const rowsOf = (collection: string): Set<string> => {
    const ids = followed.get(collection) ?? new Set<string>();
    followed.set(collection, ids);
    return ids;
  };
  const observation = db.observeEntities(db.prepare(query as never), (delta) => {
    for (const [collection, rows] of delta) {
      for (const [id, row] of rows) {
        if (row === undefined) rowsOf(collection).delete(id);
        else rowsOf(collection).add(id);
      }
    }
  });
  for (const [collection, rows] of observation.entities()) for (const id of rows.keys()) rowsOf(collection).add(id);
  return {
    query,
    results: () => {
      if (failure !== undefined) throw failure;
      return results;
    },
    entities: () => sorted(followed),
    close: () => {
      unsubscribe();
      observation.close();
    },
  };
}

function visited(results: readonly NaiveResult[]): Record<string, string[]> {
  const found = new Map<string, Set<string>>();
  const visit = ({ collection, row, children }: NaiveResult): void => {
    found.set(collection, (found.get(collection) ?? new Set()).add(row['id'] as string));
    children.forEach(visit);
  };
  results.forEach(visit);
  return sorted(found);
}

function sorted(entities: ReadonlyMap<string, ReadonlySet<string>>): Record<string, string[]> {
  return Object.fromEntries(
    [...entities].filter(([, ids]) => ids.size > 0).map(([collection, ids]) => [collection, [...ids].sort()]),
  );
}

export function show(value: unknown): string {
  return (
    JSON.stringify(value, function (this: Record<string, unknown>, key, member: unknown) {
      const raw = this[key];
      if (raw instanceof Set) return { Set: [...(raw as Set<unknown>)] };
      if (typeof raw === 'number' && !Number.isFinite(raw)) return { Number: String(raw) };
      if (raw instanceof Date) return { Date: raw.toISOString() };
      return member;
    }) ?? 'undefined'
  );
}
