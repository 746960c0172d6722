/**
 * The port through which queries read rows. `entities/` implements it over storage, `transactions/` over a transaction's
 * pending changes, and the engine knows nothing else about where rows come from.
 */
import type { Row } from '../changes/types.ts';

/** Bounds on an indexed value (any encoded JSON scalar or null; null stands for absent too). */
export interface ValueBounds {
  readonly gt?: unknown;
  readonly gte?: unknown;
  readonly lt?: unknown;
  readonly lte?: unknown;
}
export interface IndexScan {
  readonly collection: string;
  /** Dotted attribute path. */
  readonly path: string;
  /** `value`: one entry per row by the value at the path (absent counts as null). `member`: one entry per live set member key. */
  readonly kind: 'value' | 'member';
  readonly bounds: ValueBounds;
  readonly reverse?: boolean;
}

export interface EntitySource {
  row(collection: string, id: string): Row | undefined;
  /** Every row of the collection, by ascending id. */
  rows(collection: string): Iterable<Row>;
  /** Rows in index order: by value, then ascending id (with `reverse`: descending value, still ascending id within a value). */
  indexedRows(scan: IndexScan): Iterable<Row>;
  /** The number of rows that the scan would yield, counted up to `cap`; may be too high unless `countsExactly`. */
  countIndexed(scan: IndexScan, cap: number): number;
  /** The number of rows in the collection, counted up to `cap`; may be too high unless `countsExactly`. */
  countRows(collection: string, cap: number): number;
  /** Whether the two counts are exact for the collection now. */
  countsExactly(collection: string): boolean;
}
