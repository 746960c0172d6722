/**
 * The law of read permissions: two databases that differ only in rows that a session may not read give that session the
 * same results, for reads and for live views. Nothing hidden is returned, counted, ordered by or inferred.
 */
import { expect, test } from 'vitest';
import { randomCase } from './case.ts';
import type { Case } from './case.ts';
import { commit, expectEqual, open } from './judge.ts';
import { NaiveDatabase } from './naive-database.ts';
import type { NaiveData, NaiveSchema, Query } from './naive-database.ts';
import { decode, encode } from './naive-values.ts';
import type { Row } from './naive-values.ts';
import { afterTransaction } from './naive-writes.ts';
import type { Operation } from './naive-writes.ts';
import { Random } from './random.ts';
import { GLOBALS } from './random-query.ts';
import { IDS, randomRecord } from './random-values.ts';
import { casesOf, runCases, timeout } from './run-cases.ts';

interface Pair extends Case {
  /** From which the hidden rows of the second database are made. */
  hiddenSeed: number;
}

let hiddenRows = 0;

test('what a session may not read leaves no trace in its results', { timeout }, async () => {
  await runCases('non-interference', casesOf(0.1), randomPair, judgePair);
  expect(hiddenRows).toBeGreaterThan(0);
});

function randomPair(seed: number): Pair {
  const made = randomCase(seed, { restricted: true });
  // Permissions may look at the variables of a query: what is hidden must be hidden from all of them.
  const { vars } = made.queries[0]!;
  const queries = made.queries.map(({ vars: _own, ...query }) => (vars === undefined ? query : { ...query, vars }));
  return { ...made, queries, hiddenSeed: new Random(seed).seed() };
}

async function judgePair(pair: Pair): Promise<void> {
  const { schema, session, queries, history } = pair;
  const random = new Random(pair.hiddenSeed);
  const databases = [open(pair, {}), open(pair, {})] as const;
  const handles = databases.map((db) => db.withSessionVars(session ?? {}));
  const live = handles.map((handle) =>
    queries.map((query) => {
      const followed: { results?: unknown } = {};
      handle.subscribe(query as never, (results: unknown) => void (followed.results = results));
      return followed;
    }),
  );
  let data: NaiveData = new Map();
  let twin: NaiveData = new Map();
  for (const operations of history) {
    const next = afterTransaction(schema, data, operations);
    if (next === undefined) continue;
    await commit(databases[0], operations);
    data = next;
    const changed = otherwiseHidden(random, pair, data);
    const replacement = replacing(schema, twin, changed);
    // A patch may have left a record incomplete; such a row cannot be inserted as it is.
    if (afterTransaction(schema, twin, replacement) === undefined) return;
    await commit(databases[1], replacement);
    twin = changed;
    for (const db of databases) {
      await db.updateQueryViews();
      db.broadcastToQuerySubscribers();
    }
    for (const [index, query] of queries.entries()) {
      const expected = await handles[0]!.fetch(query as never);
      expectEqual('a read beside other hidden rows', query, expected, await handles[1]!.fetch(query as never));
      expectEqual('a live view', query, expected, live[0]![index]!.results);
      expectEqual('a live view beside other hidden rows', query, expected, live[1]![index]!.results);
    }
  }
}

/** The same for the session, and different where it does not see. */
function otherwiseHidden(random: Random, pair: Pair, data: NaiveData): NaiveData {
  const { schema } = pair;
  const readable = readableRows(pair, data);
  const edits = Object.keys(schema.collections).flatMap((collection) =>
    IDS.filter((id) => !readable.get(collection)!.has(id)).map((id): HiddenEdit => {
      const row = random.chance(0.3)
        ? undefined
        : (encode(schema.collections[collection]!.schema, complete(random, schema, collection, id)) as Row);
      return { collection, id, row };
    }),
  );
  // A row that would become readable, or make another one so, is not hidden.
  const isHidden = (candidate: NaiveData): boolean => sameRows(readable, readableRows(pair, candidate));
  const all = edits.reduce(withEdit, data);
  if (isHidden(all)) {
    hiddenRows += edits.length;
    return all;
  }
  let changed = data;
  for (const edit of edits) {
    const candidate = withEdit(changed, edit);
    if (!isHidden(candidate)) continue;
    changed = candidate;
    hiddenRows += 1;
  }
  return changed;
}

interface HiddenEdit {
  collection: string;
  id: string;
  row: Row | undefined;
}

function withEdit(data: NaiveData, { collection, id, row }: HiddenEdit): NaiveData {
  const rows = new Map(data.get(collection));
  if (row === undefined) rows.delete(id);
  else rows.set(id, row);
  return new Map(data).set(collection, rows);
}

function complete(random: Random, schema: NaiveSchema, collection: string, id: string): Row {
  const document = randomRecord(random, schema.collections[collection]!.schema);
  for (const [key, { config }] of Object.entries(schema.collections[collection]!.schema.properties!)) {
    document[key] ??= config?.default;
    if (document[key] === undefined) delete document[key];
  }
  return { ...document, id };
}

function readableRows({ schema, session, queries }: Pair, data: NaiveData): NaiveData {
  const naive = new NaiveDatabase(schema, data);
  const { vars } = queries[0] ?? {};
  return new Map(
    Object.keys(schema.collections).map((collectionName) => {
      const query: Query = { collectionName, ...(vars !== undefined && { vars }) };
      const found = naive.fetch(query, { session: session ?? {}, global: GLOBALS });
      return [collectionName, new Map(found.map(({ row }) => [row['id'] as string, row]))];
    }),
  );
}

function sameRows(a: NaiveData, b: NaiveData): boolean {
  return [...a].every(([collection, rows]) => {
    const others = b.get(collection)!;
    return rows.size === others.size && [...rows].every(([id, row]) => others.get(id) === row);
  });
}

/** Takes a database from one state to the other, in one transaction. */
function replacing(schema: NaiveSchema, before: NaiveData, after: NaiveData): Operation[] {
  const operations: Operation[] = [];
  for (const collection of Object.keys(schema.collections)) {
    for (const [id, row] of before.get(collection) ?? []) {
      if (after.get(collection)?.get(id) !== row) operations.push({ kind: 'delete', collection, id });
    }
    for (const [id, row] of after.get(collection) ?? []) {
      if (before.get(collection)?.get(id) === row) continue;
      operations.push({
        kind: 'insert',
        collection,
        document: decode(schema.collections[collection]!.schema, row) as Row,
      });
    }
  }
  return operations;
}
