/**
 * Rows, their timestamps and their secondary indexes over a storage engine. Rows and index entries change in one atomic
 * batch, so that a read never sees one without the other.
 */
import type { Row, RowChange } from '../changes/types.ts';
import type { Timestamp } from '../clock/timestamp.ts';
import { compilePath } from '../query/evaluate.ts';
import type { EntitySource, IndexScan, ValueBounds } from '../query/entity-source.ts';
import { Cell } from '../storage/cell.ts';
import type { StorageEdit, StorageEngine, StorageEntry, StorageRange } from '../storage/port.ts';
import { decodeTuple, encodeTuple } from '../values/key-encoding.ts';
import { EntityKeys, dataPrefix, encodeText, indexCatalogPrefix, metadataPrefix, prefixEnd } from './entity-keys.ts';
import { HotRows } from './hot-rows.ts';
import { indexOrder, rowsWithin } from './rows-within.ts';
import { SecondaryIndex, boundedRange, encodedId, indexedValue, isCutValue } from './secondary-index.ts';
import type { IndexKind } from './secondary-index.ts';

/** Rows written per batch while an index is built. */
const INDEX_BUILD_BATCH = 20_000;

/** Rows kept in memory beside storage. */
const MOST_HOT_ROWS = 100_000;

/** Where anybody may ask for any path, as without a schema, memory must not grow with what is asked. */
const MOST_USED_ONCE = 1_000;

/** Mutable so that tests can force indexes. */
export const indexLimits = {
  /** Rows of up to so many are looked at one by one when an index is asked for the first time; the second time builds it. */
  rowsWithoutIndex: 100_000,
};

export class EntityStore implements EntitySource {
  readonly storage: StorageEngine;
  readonly #rowKeys = new EntityKeys(dataPrefix);
  readonly #stampKeys = new EntityKeys(metadataPrefix);
  readonly #indexes = new Map<string, Map<string, SecondaryIndex>>();
  readonly #hotRows: HotRows;
  /** Indexes that do not exist, and have been asked for rows once. By collection, kind and path. */
  readonly #usedOnce = new Set<string>();
  #catalogLoaded = false;

  constructor(storage: StorageEngine) {
    this.storage = storage;
    // Where cells can be had, rows are in memory anyway.
    this.#hotRows = new HotRows(storage.cell === undefined ? MOST_HOT_ROWS : Infinity);
  }

  row(collection: string, id: string): Row | undefined {
    if (typeof id !== 'string') return undefined;
    const rows = this.#hotRows.of(collection);
    const known = rows.get(id);
    if (known instanceof Cell) return known.value;
    if (known !== undefined || (rows.complete ??= this.countRows(collection, 1) === 0)) return known ?? undefined;
    const row = this.storage.get(this.#rowKeys.entity(collection, id)) as Row | undefined;
    this.#hotRows.remember(rows, id, row);
    return row;
  }

  /** Writes row changes with their indexes, and the edits, in one atomic batch; settles when it is durable. */
  write(changes: readonly RowChange[], edits: StorageEdit[] = []): Promise<void> {
    let indexes: Map<string, SecondaryIndex> | undefined;
    let indexed: string | undefined;
    for (const { collection, id, prev, next } of changes) {
      if (collection !== indexed) {
        indexed = collection;
        indexes = this.#collectionIndexes(collection);
      }
      if (indexes!.size > 0) for (const index of indexes!.values()) index.addEdits(edits, id, prev, next);
    }
    for (const { collection, id, prev, next } of changes) {
      // Where storage tells the place of a row, its next version is put there, and needs no edit.
      const cell = prev && next && this.#cell(collection, id);
      if (cell) cell.value = next;
      else edits.push({ key: this.#rowKeys.entity(collection, id), value: next });
    }
    const durable = edits.length === 0 ? this.storage.flush() : this.storage.write(edits);
    for (const { collection, id, prev, next } of changes)
      this.#hotRows.follow(collection, id, next, Number(prev === undefined) - Number(next === undefined));
    return durable;
  }

  #cell(collection: string, id: string): Cell<Row> | undefined {
    const rows = this.#hotRows.of(collection);
    const known = rows.get(id);
    if (known instanceof Cell) return known;
    const cell = this.storage.cell?.(this.#rowKeys.entity(collection, id)) as Cell<Row> | undefined;
    if (cell !== undefined) this.#hotRows.remember(rows, id, cell);
    return cell;
  }

  rows(collection: string): Iterable<Row> {
    const prefix = this.#rowKeys.collection(collection);
    return this.#values({ gte: prefix, lt: prefixEnd(prefix) }) as Iterable<Row>;
  }

  countRows(collection: string, cap: number): number {
    const rows = this.#hotRows.of(collection);
    if (rows.count !== undefined) return Math.min(rows.count, cap);
    const prefix = this.#rowKeys.collection(collection);
    const count = this.storage.count({ gte: prefix, lt: prefixEnd(prefix) }, cap);
    if (count < cap) rows.count = count;
    return count;
  }

  countsExactly(): boolean {
    return true;
  }

  countIndexed(scan: IndexScan, cap: number): number {
    const range = isById(scan)
      ? this.#rowsById(scan)
      : (this.#index(scan) ?? this.#buildIndex(scan)).range(scan.bounds);
    return this.storage.count(range, cap);
  }

  indexedRows(scan: IndexScan): Iterable<Row> {
    if (isById(scan)) return this.#values(this.#rowsById(scan)) as Iterable<Row>;
    let index = this.#index(scan);
    if (index === undefined) {
      if (this.#isFirstUse(scan)) return rowsWithin(this.rows(scan.collection), scan);
      index = this.#buildIndex(scan);
    }
    const range = index.range(scan.bounds);
    // Entries of one value come by ascending id as stored, whatever the direction of the scan.
    const single = scan.kind === 'member' || isSingleValue(scan.bounds);
    const reverse = scan.reverse === true && !single;
    const ids = this.#values(reverse ? { ...range, reverse } : range) as Iterable<string>;
    const rows = new RowsById(this, scan.collection, ids[Symbol.iterator]());
    return single ? rows : inValueOrder(rows, scan);
  }

  #rowsById({ collection, bounds, reverse = false }: IndexScan): StorageRange {
    const range = boundedRange(this.#rowKeys.collection(collection), bounds, encodedId);
    return reverse ? { ...range, reverse } : range;
  }

  #values(range: StorageRange): Iterable<unknown> {
    return this.storage.values?.(range) ?? valuesOf(this.storage.range(range));
  }

  timestamp(collection: string, id: string): Timestamp | undefined {
    return this.storage.get(this.#stampKeys.entity(collection, id)) as Timestamp | undefined;
  }

  /** Whether nothing is stored of a collection, be it rows or stamps of deleted ones. */
  isBlank(collection: string): boolean {
    const stamps = this.#stampKeys.collection(collection);
    return this.countRows(collection, 1) === 0 && this.storage.count({ gte: stamps, lt: prefixEnd(stamps) }, 1) === 0;
  }

  /** The edit that stamps an entity; of a deleted one the stamp stays as its tombstone. */
  timestampEdit(collection: string, id: string, timestamp: Timestamp): StorageEdit {
    return { key: this.#stampKeys.entity(collection, id), value: timestamp };
  }

  /** The names of the collections that have rows, in key order. */
  *collections(): Iterable<string> {
    let after = dataPrefix;
    for (;;) {
      const [first] = this.storage.range({ gt: after, lt: prefixEnd(dataPrefix), limit: 1 });
      if (first === undefined) return;
      const collection = decodeTuple(first[0])[1] as string;
      yield collection;
      after = prefixEnd(dataPrefix + encodeText(collection));
    }
  }

  /** Forgets what was remembered about storage, after its content was replaced from below. */
  reload(): void {
    this.#hotRows.clear();
    this.#indexes.clear();
    this.#usedOnce.clear();
    this.#catalogLoaded = false;
  }

  #index({ collection, kind, path }: IndexScan): SecondaryIndex | undefined {
    return this.#collectionIndexes(collection).get(`${kind}:${path}`);
  }

  /** Then looking at each row takes less time than building an index, which many queries never use again. */
  #isFirstUse({ collection, kind, path }: IndexScan): boolean {
    const use = encodeTuple([collection, kind, path]);
    const { rowsWithoutIndex } = indexLimits;
    if (this.countRows(collection, rowsWithoutIndex + 1) > rowsWithoutIndex || this.#usedOnce.delete(use)) return false;
    if (this.#usedOnce.size >= MOST_USED_ONCE) this.#usedOnce.clear();
    this.#usedOnce.add(use);
    return true;
  }

  #collectionIndexes(collection: string): Map<string, SecondaryIndex> {
    if (!this.#catalogLoaded) this.#loadCatalog();
    let indexes = this.#indexes.get(collection);
    if (indexes === undefined) {
      indexes = new Map();
      this.#indexes.set(collection, indexes);
    }
    return indexes;
  }

  #loadCatalog(): void {
    this.#catalogLoaded = true;
    for (const [key] of this.storage.range({ gt: indexCatalogPrefix, lt: prefixEnd(indexCatalogPrefix) })) {
      const [, collection, kind, path] = decodeTuple(key) as [string, string, IndexKind, string];
      this.#collectionIndexes(collection).set(`${kind}:${path}`, new SecondaryIndex(collection, kind, path));
    }
  }

  #buildIndex({ collection, kind, path }: IndexScan): SecondaryIndex {
    const index = new SecondaryIndex(collection, kind, path);
    let edits: StorageEdit[] = [];
    // What an interrupted build may have left behind.
    for (const [key] of this.storage.range({ gte: index.prefix, lt: prefixEnd(index.prefix) }))
      edits.push({ key, value: undefined });
    const rows = [...this.rows(collection)];
    for (const row of rows) {
      index.addEdits(edits, row['id'] as string, undefined, row);
      if (edits.length >= INDEX_BUILD_BATCH) {
        this.#writeBehind(edits);
        edits = [];
      }
    }
    edits.push({ key: indexCatalogPrefix + encodeTuple([collection, kind, path]), value: true });
    this.#writeBehind(edits);
    this.#collectionIndexes(collection).set(`${kind}:${path}`, index);
    return index;
  }

  /** An index is derived: a failure to make it durable shows again, and is reported, at the next write of rows. */
  #writeBehind(edits: StorageEdit[]): void {
    this.storage.write(edits).catch(() => undefined);
  }
}

/** Rows are stored by id: that order needs no index. */
function isById(scan: IndexScan): boolean {
  return scan.path === 'id' && scan.kind === 'value';
}

/** The rows with these ids, without those that are not there. */
class RowsById implements IterableIterator<Row> {
  readonly #store: EntityStore;
  readonly #collection: string;
  readonly #ids: Iterator<string>;

  constructor(store: EntityStore, collection: string, ids: Iterator<string>) {
    this.#store = store;
    this.#collection = collection;
    this.#ids = ids;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<Row> {
    for (;;) {
      const { done, value } = this.#ids.next();
      if (done === true) return { done, value: undefined };
      const row = this.#store.row(this.#collection, value);
      if (row !== undefined) return { done: false, value: row };
    }
  }

  return(): IteratorResult<Row> {
    this.#ids.return?.();
    return { done: true, value: undefined };
  }
}

/** Whether the bounds admit one value only, whose entries are therefore all under one key prefix. */
function isSingleValue(bounds: ValueBounds): boolean {
  return 'gte' in bounds && 'lte' in bounds && bounds.gte === bounds.lte && !isCutValue(bounds.gte);
}

function* valuesOf(entries: Iterable<StorageEntry>): Iterable<unknown> {
  for (const entry of entries) yield entry[1];
}

/**
 * Puts rows that come in the order of index keys into the order of their values: in reverse, and where long values were
 * cut, a run of rows under equal keys is collected and put in order before it is passed on.
 */
function* inValueOrder(rows: Iterable<Row>, scan: IndexScan): Iterable<Row> {
  const read = compilePath(scan.path);
  const reverse = scan.reverse === true;
  let run: Row[] = [];
  let runKey: unknown;
  let runIsCut = false;
  const orderedRun = (): Row[] => (runIsCut ? run.sort(indexOrder(scan)) : reverse ? run.reverse() : run);
  for (const row of rows) {
    const value = read(row) ?? null;
    const cut = isCutValue(value);
    if (!reverse && !cut) {
      if (run.length > 0) {
        yield* orderedRun();
        run = [];
      }
      yield row;
      continue;
    }
    const key = typeof value === 'object' || cut ? indexedValue(value) : value;
    if (run.length > 0 && key !== runKey && !(Number.isNaN(key) && Number.isNaN(runKey))) {
      yield* orderedRun();
      run = [];
    }
    runKey = key;
    runIsCut = cut;
    run.push(row);
  }
  if (run.length > 0) yield* orderedRun();
}
