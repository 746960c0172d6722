/**
 * Rows read or written lately, beside storage: finding one costs neither a key nor a walk. The absence of a row that was
 * looked for is remembered as well, and a collection that was empty at first is known completely until rows are forgotten.
 */
import type { Row } from '../changes/types.ts';

/** Beyond this many rows all are forgotten, and remembered anew as they are read. */
const MAX_HOT_ROWS = 100_000;

export interface CollectionRows {
  /** Null stands for a row that is known not to be there. */
  get(id: string): Row | null | undefined;
  /** Whether a row that is not remembered does not exist. */
  readonly complete: boolean;
}

class RememberedRows extends Map<string, Row | null> implements CollectionRows {
  complete: boolean;

  constructor(complete: boolean) {
    super();
    this.complete = complete;
  }
}

export class HotRows {
  readonly #collections = new Map<string, RememberedRows>();
  #count = 0;

  /** What is remembered of a collection. `isEmpty` is asked when nothing is. */
  of(collection: string, isEmpty: () => boolean): CollectionRows {
    let rows = this.#collections.get(collection);
    if (rows === undefined) {
      rows = new RememberedRows(isEmpty());
      this.#collections.set(collection, rows);
    }
    return rows;
  }

  /** Whether anything is remembered of a collection, be it that it is empty. */
  has(collection: string): boolean {
    return this.#collections.has(collection);
  }

  remember(rows: CollectionRows, id: string, row: Row | undefined): void {
    this.#set(rows as RememberedRows, id, row);
  }

  /** A row was written; it is remembered if anything was known of it. */
  follow(collection: string, id: string, row: Row | undefined): void {
    const rows = this.#collections.get(collection);
    if (rows === undefined) return;
    if (rows.complete && row === undefined) rows.delete(id);
    else if (rows.complete || rows.has(id)) this.#set(rows, id, row);
  }

  clear(): void {
    this.#collections.clear();
    this.#count = 0;
  }

  #set(rows: RememberedRows, id: string, row: Row | undefined): void {
    const size = rows.size;
    rows.set(id, row ?? null);
    if (rows.size === size || ++this.#count <= MAX_HOT_ROWS) return;
    this.clear();
  }
}
