/**
 * Pending row changes over another source: what a transaction reads. Costs grow with the pending rows and with what is
 * read, never with the collection below.
 */
import type { Row } from '../changes/types.ts';
import type { EntitySource, IndexScan } from '../query/entity-source.ts';
import { compareIds, indexOrder, rowsWithin } from './rows-within.ts';

export class OverlaySource implements EntitySource {
  readonly #base: EntitySource;
  /** By collection and id; undefined stands for a deleted row. */
  readonly #rows = new Map<string, Map<string, Row | undefined>>();

  constructor(base: EntitySource) {
    this.#base = base;
  }

  set(collection: string, id: string, row: Row | undefined): void {
    let rows = this.#rows.get(collection);
    if (rows === undefined) {
      rows = new Map();
      this.#rows.set(collection, rows);
    }
    rows.set(id, row);
  }

  /** Forgets the pending state of one row: the source below shows through again. */
  unset(collection: string, id: string): void {
    this.#rows.get(collection)?.delete(id);
  }

  row(collection: string, id: string): Row | undefined {
    const pending = this.#rows.get(collection);
    return pending?.has(id) ? pending.get(id) : this.#base.row(collection, id);
  }

  rows(collection: string): Iterable<Row> {
    const pending = this.#rows.get(collection);
    if (pending === undefined || pending.size === 0) return this.#base.rows(collection);
    return merge(
      this.#base.rows(collection),
      pending,
      [...pending.values()].filter(isPresent).sort(compareIds),
      compareIds,
    );
  }

  countRows(collection: string, cap: number): number {
    return Math.min(cap, this.#base.countRows(collection, cap) + (this.#rows.get(collection)?.size ?? 0));
  }

  countsExactly(collection: string): boolean {
    return (this.#rows.get(collection)?.size ?? 0) === 0 && this.#base.countsExactly(collection);
  }

  indexedRows(scan: IndexScan): Iterable<Row> {
    const pending = this.#rows.get(scan.collection);
    const base = this.#base.indexedRows(scan);
    if (pending === undefined || pending.size === 0) return base;
    return merge(base, pending, rowsWithin([...pending.values()].filter(isPresent), scan), indexOrder(scan));
  }

  countIndexed(scan: IndexScan, cap: number): number {
    return Math.min(cap, this.#base.countIndexed(scan, cap) + (this.#rows.get(scan.collection)?.size ?? 0));
  }
}

const isPresent = (row: Row | undefined): row is Row => row !== undefined;

/** Merges two sequences in the same order; rows of the base that are pending give way. */
function* merge(
  base: Iterable<Row>,
  pending: ReadonlyMap<string, Row | undefined>,
  matching: readonly Row[],
  compare: (a: Row, b: Row) => number,
): Iterable<Row> {
  let next = 0;
  for (const row of base) {
    if (pending.has(row['id'] as string)) continue;
    while (next < matching.length && compare(matching[next]!, row) < 0) yield matching[next++]!;
    yield row;
  }
  while (next < matching.length) yield matching[next++]!;
}
