/**
 * What a reader made of the visible entries of a view, one result per entry, brought up to date by what changed since it
 * was last read: the cost of reading grows with the changes, not with the view.
 */
import { positionOf } from './row-order.ts';
import type { RowComparator, Sortable } from './row-order.ts';

/** With more insertions and removals than this, the list is put together anew instead of edited. */
const MAX_EDITS = 16;

/** One step of the list of visible entries: with an entry an insertion, without one a removal. */
interface Edit<Entry> {
  readonly index: number;
  readonly entry: Entry | undefined;
}

export class ViewResults<Entry extends Sortable & { readonly visible: boolean }> {
  /** Undefined until it is read, and after it was given up. */
  #list: unknown[] | undefined = undefined;
  #edits: Edit<Entry>[] = [];
  #touched: Set<Entry> | undefined = undefined;

  /** To be called for every entry that is put into, or (without `entry`) taken out of, the visible ones, in turn. */
  edit(index: number, entry: Entry | undefined): void {
    if (this.#list === undefined) return;
    if (this.#edits.length < MAX_EDITS) this.#edits.push({ index, entry });
    else this.forget();
  }

  /** The result of a visible entry is out of date. */
  touch(entry: Entry): void {
    if (this.#list !== undefined) (this.#touched ??= new Set()).add(entry);
  }

  /** Gives up what was made so far: the order of the entries changed as a whole. */
  forget(): void {
    this.#list = undefined;
    this.#edits = [];
    this.#touched = undefined;
  }

  /** The results of the visible entries. The list is this object's own and changes with the next call. */
  current<T>(entries: readonly Entry[], compare: RowComparator, read: (entry: Entry) => T): readonly T[] {
    const list = this.#list;
    if (list === undefined) {
      this.#list = entries.map(read);
    } else {
      for (const { index, entry } of this.#edits) {
        if (entry === undefined) list.splice(index, 1);
        // One that left again meanwhile is taken out by a later edit.
        else list.splice(index, 0, entry.visible ? read(entry) : undefined);
      }
      for (const entry of this.#touched ?? [])
        if (entry.visible) list[positionOf(entries, entry, compare)] = read(entry);
    }
    if (this.#edits.length > 0) this.#edits = [];
    this.#touched = undefined;
    return this.#list as readonly T[];
  }
}
