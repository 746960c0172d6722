/**
 * Counts what is read through it, by label: a plan whose collections were replaced by labels reads as it always does,
 * and every row is accounted to the (sub)query that asked for it. Reading without counting costs nothing.
 */
import type { Row } from '../changes/types.ts';
import type { EntitySource, IndexScan } from '../query/entity-source.ts';

/** Reads of one kind by one (sub)query. */
export interface ReadCount {
  /** `id`, `scan`, or the index: `value:rank`, `member:tags`. */
  readonly by: string;
  /** How often it was done. */
  times: number;
  rows: number;
}

/** What one label stands for, and what was read under it. */
export class ReadTally {
  readonly collection: string;
  readonly #reads = new Map<string, ReadCount>();
  firstRow: Row | undefined;

  constructor(collection: string) {
    this.collection = collection;
  }

  get reads(): ReadCount[] {
    return [...this.#reads.values()];
  }

  get rows(): number {
    let rows = 0;
    for (const read of this.#reads.values()) rows += read.rows;
    return rows;
  }

  begin(by: string): ReadCount {
    let read = this.#reads.get(by);
    if (read === undefined) {
      read = { by, times: 0, rows: 0 };
      this.#reads.set(by, read);
    }
    read.times += 1;
    return read;
  }
}

export class CountingSource implements EntitySource {
  readonly #base: EntitySource;
  readonly #tallies = new Map<string, ReadTally>();

  constructor(base: EntitySource) {
    this.#base = base;
  }

  /** A new label for reads of the collection. */
  label(collection: string): string {
    const label = `${collection}#${this.#tallies.size}`;
    this.#tallies.set(label, new ReadTally(collection));
    return label;
  }

  tally(label: string): ReadTally {
    return this.#tallies.get(label)!;
  }

  row(label: string, id: string): Row | undefined {
    const tally = this.tally(label);
    const row = this.#base.row(tally.collection, id);
    const read = tally.begin('id');
    if (row !== undefined) {
      tally.firstRow ??= row;
      read.rows += 1;
    }
    return row;
  }

  rows(label: string): Iterable<Row> {
    const tally = this.tally(label);
    return counted(this.#base.rows(tally.collection), tally, 'scan');
  }

  indexedRows(scan: IndexScan): Iterable<Row> {
    const tally = this.tally(scan.collection);
    const rows = this.#base.indexedRows({ ...scan, collection: tally.collection });
    return counted(rows, tally, `${scan.kind}:${scan.path}`);
  }

  countIndexed(scan: IndexScan, cap: number): number {
    return this.#base.countIndexed({ ...scan, collection: this.tally(scan.collection).collection }, cap);
  }

  countRows(label: string, cap: number): number {
    return this.#base.countRows(this.tally(label).collection, cap);
  }

  countsExactly(label: string): boolean {
    return this.#base.countsExactly(this.tally(label).collection);
  }
}

function* counted(rows: Iterable<Row>, tally: ReadTally, by: string): Iterable<Row> {
  const read = tally.begin(by);
  for (const row of rows) {
    tally.firstRow ??= row;
    read.rows += 1;
    yield row;
  }
}
