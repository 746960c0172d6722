/** A source that notes what is read through it. Reads that end early count only as far as they got. */
import type { Row } from '../changes/types.ts';
import { compilePath } from '../query/compile-path.ts';
import type { EntitySource, IndexScan } from '../query/entity-source.ts';
import type { ReadRange, ReadSet } from './read-set.ts';

export class TrackedSource implements EntitySource {
  readonly #base: EntitySource;
  readonly #reads: ReadSet;

  constructor(base: EntitySource, reads: ReadSet) {
    this.#base = base;
    this.#reads = reads;
  }

  row(collection: string, id: string): Row | undefined {
    this.#reads.addRow(collection, id);
    return this.#base.row(collection, id);
  }

  rows(collection: string): Iterable<Row> {
    return this.#tracked(collection, { kind: 'value', path: 'id', bounds: {} }, false, this.#base.rows(collection));
  }

  indexedRows(scan: IndexScan): Iterable<Row> {
    const range: ReadRange = { kind: scan.kind, path: scan.path, bounds: scan.bounds };
    return this.#tracked(scan.collection, range, scan.reverse === true, this.#base.indexedRows(scan));
  }

  /** Up to a cap it is an estimate, which no result depends on. */
  countIndexed(scan: IndexScan, cap: number): number {
    if (cap === Infinity)
      this.#reads.addRange(scan.collection, { kind: scan.kind, path: scan.path, bounds: scan.bounds });
    return this.#base.countIndexed(scan, cap);
  }

  countRows(collection: string, cap: number): number {
    if (cap === Infinity) this.#reads.addRange(collection, { kind: 'value', path: 'id', bounds: {} });
    return this.#base.countRows(collection, cap);
  }

  countsExactly(collection: string): boolean {
    return this.#base.countsExactly(collection);
  }

  *#tracked(collection: string, range: ReadRange, reverse: boolean, rows: Iterable<Row>): Iterable<Row> {
    this.#reads.addRange(collection, range);
    if (range.kind === 'member') {
      yield* rows;
      return;
    }
    const read = compilePath(range.path);
    let last: Row | undefined;
    let finished = false;
    try {
      for (const row of rows) {
        last = row;
        yield row;
      }
      finished = true;
    } finally {
      // Rows beyond the last one that was looked at may change as they like.
      if (!finished && last !== undefined) {
        const value = read(last) ?? null;
        range.bounds = reverse ? { ...range.bounds, gte: value } : { ...range.bounds, lte: value };
      }
    }
  }
}
