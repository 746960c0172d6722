/**
 * The entries of a view in order: the visible ones up to the limit, then some that wait beyond it. It notes which entries
 * crossed its edges, so that settling costs by what moved and not by what is there.
 */
import { compareIds, positionOf } from './row-order.ts';
import type { RowComparator, Sortable } from './row-order.ts';
import { ViewResults } from './view-results.ts';

export class ViewWindow<Entry extends Sortable & { readonly visible: boolean }> {
  readonly limit: number;
  readonly results = new ViewResults<Entry>();
  #entries: Entry[] = [];
  /** Made when an entry is looked for that does not stand where its id tells: not every view that was filled ever changes. */
  #byId: Map<string, Entry> | undefined = undefined;
  #compare!: RowComparator;
  /** Entries that may have entered or left the visible ones since they were last taken. */
  #crossing: Entry[] = [];
  #rearranged = false;

  constructor(limit: number) {
    this.limit = limit;
  }

  get size(): number {
    return this.#entries.length;
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  get visible(): readonly Entry[] {
    return this.#entries.length <= this.limit ? this.#entries : this.#entries.slice(0, this.limit);
  }

  get(id: string): Entry | undefined {
    if (this.#compare === compareIds) {
      const entry = this.#entries[positionOf<{ id: string }>(this.#entries, { id }, compareIds)];
      return entry?.id === id ? entry : undefined;
    }
    if (this.#byId === undefined) {
      this.#byId = new Map();
      for (const entry of this.#entries) this.#byId.set(entry.id, entry);
    }
    return this.#byId.get(id);
  }

  /** Puts the first entries in, in their order. They count as settled: who fills the window shows what is visible. */
  fill(entries: Entry[], compare: RowComparator): void {
    this.#entries = entries;
    this.#byId = undefined;
    this.#compare = compare;
    this.results.forget();
  }

  /** Takes everything out. */
  clear(): void {
    this.#entries = [];
    this.#byId = undefined;
    this.results.forget();
  }

  /** Puts other entries in the place of all, in their order. */
  reset(entries: Entry[], compare: RowComparator): void {
    const before = this.visible;
    this.#entries = entries;
    this.#byId = undefined;
    this.#compare = compare;
    const after = this.visible;
    if (before.length === after.length && before.every((entry, index) => entry === after[index])) return;
    this.#rearranged = true;
    this.results.forget();
    for (const entry of before) this.#crossing.push(entry);
    for (const entry of after) this.#crossing.push(entry);
  }

  isLast(entry: Entry): boolean {
    return positionOf(this.#entries, entry, this.#compare) === this.#entries.length;
  }

  insert(entry: Entry): void {
    const position = positionOf(this.#entries, entry, this.#compare);
    this.#entries.splice(position, 0, entry);
    this.#byId?.set(entry.id, entry);
    this.#crossing.push(entry);
    if (position >= this.limit) return;
    this.#edit(position, entry);
    if (this.#entries.length <= this.limit) return;
    this.#crossing.push(this.#entries[this.limit]!);
    this.#edit(this.limit, undefined);
  }

  /** Takes an entry out; to be called while its sort values are still those that it was put in with. */
  remove(entry: Entry): void {
    const position = positionOf(this.#entries, entry, this.#compare);
    this.#entries.splice(position, 1);
    this.#byId?.delete(entry.id);
    this.#crossing.push(entry);
    if (position >= this.limit) return;
    this.#edit(position, undefined);
    if (this.#entries.length < this.limit) return;
    const next = this.#entries[this.limit - 1]!;
    this.#crossing.push(next);
    this.#edit(this.limit - 1, next);
  }

  /** Drops the entries from a position beyond the limit on, and returns them. */
  cut(position: number): readonly Entry[] {
    const dropped = this.#entries.splice(position);
    for (const entry of dropped) this.#byId?.delete(entry.id);
    return dropped;
  }

  /** Calls `show` and `hide` for every entry that crossed an edge for good. Returns whether anything visible moved. */
  settle(show: (entry: Entry) => void, hide: (entry: Entry) => void): boolean {
    const crossing = this.#crossing;
    if (crossing.length > 0) this.#crossing = [];
    for (const entry of crossing) {
      const visible = this.#isVisible(entry);
      if (visible === entry.visible) continue;
      if (visible) show(entry);
      else hide(entry);
    }
    const rearranged = this.#rearranged;
    this.#rearranged = false;
    return rearranged;
  }

  /** What `read` makes of the visible entries. The list is the window's own and changes with the next call. */
  read<T>(read: (entry: Entry) => T): readonly T[] {
    return this.results.current(this.visible, this.#compare, read);
  }

  #edit(index: number, entry: Entry | undefined): void {
    this.#rearranged = true;
    this.results.edit(index, entry);
  }

  #isVisible(entry: Entry): boolean {
    if (this.get(entry.id) !== entry) return false;
    return this.#entries.length <= this.limit || positionOf(this.#entries, entry, this.#compare) < this.limit;
  }
}
