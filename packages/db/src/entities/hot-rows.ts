/**
 * Rows read or written lately, beside storage: finding one costs neither a key nor a walk. The absence of a row that was
 * looked for is remembered as well, and a collection that was empty at first is known completely until rows are forgotten.
 */
import type { Row } from '../changes/types.ts';
import { Cell } from '../storage/cell.ts';

/** By id. Null stands for a row that is known not to be there, a cell for the one that storage keeps in it. */
export class RememberedRows extends Map<string, Row | Cell<Row> | null> {
  /** Whether a row that is not remembered does not exist; undefined until somebody has looked. */
  complete: boolean | undefined = undefined;
  /** The number of rows in storage, where they were counted to the end; kept current from then on. */
  count: number | undefined = undefined;
}

export class HotRows {
  readonly #collections = new Map<string, RememberedRows>();
  #size = 0;
  /** The collection that was asked for last, and what is remembered of it. */
  #recent: string | undefined = undefined;
  #recentRows: RememberedRows | undefined = undefined;
  readonly #mostRows: number;

  /**
   * Beyond this many rows all are forgotten, and remembered anew as they are read. Without a limit the absence of rows is
   * remembered only by what is known completely: anything may be looked for.
   */
  constructor(mostRows: number) {
    this.#mostRows = mostRows;
  }

  of(collection: string): RememberedRows {
    if (collection !== this.#recent) {
      this.#recent = collection;
      this.#recentRows = this.#collections.get(collection);
      if (this.#recentRows === undefined) this.#collections.set(collection, (this.#recentRows = new RememberedRows()));
    }
    return this.#recentRows!;
  }

  remember(rows: RememberedRows, id: string, row: Row | Cell<Row> | undefined): void {
    if (row === undefined && (rows.complete === true || this.#mostRows === Infinity)) {
      rows.delete(id);
      return;
    }
    const { size } = rows;
    rows.set(id, row ?? null);
    if (rows.size === size || ++this.#size <= this.#mostRows) return;
    this.#size = 0;
    for (const forgotten of this.#collections.values()) {
      forgotten.clear();
      forgotten.complete = false;
    }
  }

  /** A row was written, `growth` more than there were; it is remembered if anything was known of it. A cell has it already. */
  follow(collection: string, id: string, row: Row | undefined, growth: number): void {
    const rows = this.of(collection);
    if (rows.count !== undefined) rows.count += growth;
    const known = rows.get(id);
    if (row !== undefined && known instanceof Cell) return;
    if (rows.complete === true || known !== undefined) this.remember(rows, id, row);
  }

  /** Forgets everything, counts too. */
  clear(): void {
    this.#collections.clear();
    this.#size = 0;
    this.#recent = undefined;
  }
}
