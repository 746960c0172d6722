/**
 * A live view of a closed query: its rows in order, kept current from commit to commit. The law: after every commit the
 * visible rows equal a fresh read of the same query. Rows that a commit may affect are re-evaluated on the final state,
 * which makes the order of changes inside a commit irrelevant.
 */
import type { Row } from '../changes/types.ts';
import type { EntitySource } from '../query/entity-source.ts';
import { satisfies } from './evaluate-conditions.ts';
import { bindParameters, bindingChanged } from './parameters.ts';
import type { Parameters } from './parameters.ts';
import { relatedSortValue } from './fetch-tree.ts';
import type { Plan, Subplan } from './plan.ts';
import { NO_CHILDREN } from './result-node.ts';
import type { ResultList, ResultNode } from './result-node.ts';
import { NO_SORT_VALUES, isAfterCursor, positionOf } from './row-order.ts';
import type { RowComparator, Sortable } from './row-order.ts';
import { selectRows } from './select-rows.ts';

/** One row of a view. Only visible entries have children attached. */
export interface ViewEntry extends ResultNode, Sortable {
  row: Row;
  sortValues: readonly unknown[];
  children: readonly View[];
  /** The views behind relational order terms, by term. */
  orderViews: readonly (View | undefined)[];
  visible: boolean;
  /** What the reader above made of this entry; dropped when the row or anything below it changes. */
  cached: unknown;
}

/** Where a view finds its rows and the views it is made of. The engine is one. */
export interface ViewHost {
  readonly source: EntitySource;
  acquire(plan: Plan, parameters: Parameters): View;
  release(view: View): void;
  /** Asks for `view.update` in the running or next settlement. */
  enqueue(view: View, id: string | 'all'): void;
  /** Notes that the view's result changed in this settlement. */
  changed(view: View): void;
}

/** Counts the entities that a view shows, through all views below it. */
export interface ViewTracker {
  add(collection: string, id: string): void;
  remove(collection: string, id: string): void;
  touch(collection: string, id: string): void;
  retain(view: View): void;
  release(view: View): void;
}

/** Rows kept beyond a limit, so that leaving rows can be replaced without reading again. */
const MIN_SLACK = 32;
/** With more insertions and removals than this, results are put together anew instead of edited. */
const MAX_RESULT_EDITS = 16;

/** One step of the list of visible entries: with an entry an insertion, without one a removal. */
interface ResultEdit {
  readonly index: number;
  readonly entry: ViewEntry | undefined;
}

export class View implements ResultList {
  readonly plan: Plan;
  readonly parameters: Parameters;
  /** Held by subscriptions and by entries of other views. */
  references = 0;
  /** The entries of other views whose children include this view. */
  readonly dependents = new Map<View, Set<ViewEntry>>();
  readonly trackers = new Set<ViewTracker>();

  readonly #host: ViewHost;
  readonly #byId = new Map<string, ViewEntry>();
  readonly #limit: number;
  readonly #slack: number;
  /** In order: the visible ones, then those kept beyond the limit. */
  #entries: ViewEntry[] = [];
  #truncated = false;
  #compare!: RowComparator;
  /** Entries that may have entered or left the visible ones since the last settlement, and those whose rows changed. */
  readonly #crossing = new Set<ViewEntry>();
  readonly #touched = new Set<ViewEntry>();
  /** Whether the visible entries, or their order, became others since the last settlement. */
  #rearranged = false;
  /** What the reader above made of the visible entries; brought up to date, in place, when it is read. */
  #results: unknown[] | undefined = undefined;
  #resultEdits: ResultEdit[] = [];
  readonly #staleResults = new Set<ViewEntry>();
  #snapshot: readonly unknown[] | undefined = undefined;

  constructor(plan: Plan, parameters: Parameters, host: ViewHost) {
    this.plan = plan;
    this.parameters = parameters;
    this.#host = host;
    this.#limit = plan.limit ?? Infinity;
    this.#slack = Math.max(MIN_SLACK, plan.limit ?? 0);
  }

  /** The visible entries, as they are now. */
  get nodes(): readonly ViewEntry[] {
    return this.#entries.length <= this.#limit ? this.#entries : this.#entries.slice(0, this.#limit);
  }

  /** What `read` makes of the visible entries. It is asked only about those that changed since the last call. */
  results<T>(read: (entry: ViewEntry) => T): T[] {
    const results = this.#currentResults(read) as T[];
    return results.slice();
  }

  /** The same list for as long as nothing in it changes. */
  snapshot<T>(read: (entry: ViewEntry) => T): readonly T[] {
    return (this.#snapshot ??= this.results(read)) as readonly T[];
  }

  #currentResults(read: (entry: ViewEntry) => unknown): readonly unknown[] {
    if (this.#results === undefined) {
      this.#results = this.nodes.map(read);
    } else {
      for (const { index, entry } of this.#resultEdits) {
        if (entry === undefined) this.#results.splice(index, 1);
        else this.#results.splice(index, 0, entry.visible ? read(entry) : undefined);
      }
      for (const entry of this.#staleResults)
        if (entry.visible) this.#results[positionOf(this.#entries, entry, this.#compare)] = read(entry);
    }
    this.#resultEdits = [];
    this.#staleResults.clear();
    return this.#results;
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /** Fills the view. Called once, before it is handed out. */
  hydrate(): void {
    const selected = this.#select();
    this.#compare = selected.compare;
    this.#truncated = selected.truncated;
    this.#entries = selected.rows.map((row) => this.#createEntry(row));
    for (const entry of this.#entries) this.#byId.set(entry.id, entry);
    for (const entry of this.nodes) this.#show(entry);
  }

  /** Gives back every view that this one holds. */
  dispose(): void {
    for (const entry of this.#entries) {
      if (entry.visible) this.#hide(entry);
      this.#releaseOrderViews(entry);
    }
    this.#entries = [];
    this.#byId.clear();
    this.#forgetResults();
  }

  /** Re-evaluates the given rows (or everything) on the current state. */
  update(ids: ReadonlySet<string> | 'all'): void {
    if (ids === 'all' || ids.size > this.#entries.length / 4 + 64) this.#refresh();
    else {
      for (const id of ids) this.#reconsider(id);
      if (this.#truncated && this.#entries.length < this.#limit) this.#refresh();
      else this.#trim();
    }
    this.#settle();
  }

  /** A view below some of this view's entries has changed. */
  childChanged(entries: ReadonlySet<ViewEntry>, child: View): void {
    let shown = false;
    for (const entry of entries) {
      if (entry.visible && entry.children.includes(child)) {
        entry.cached = undefined;
        this.#staleResults.add(entry);
        shown = true;
      }
      if (entry.orderViews.includes(child)) this.#host.enqueue(this, entry.id);
    }
    if (shown) this.#announce();
  }

  #reconsider(id: string): void {
    const row = this.#host.source.row(this.plan.collection, id);
    const entry = this.#byId.get(id);
    const matches = row !== undefined && satisfies(this.plan, row, this.parameters, this.#host.source);
    if (!matches) {
      if (entry !== undefined) this.#remove(entry);
      return;
    }
    if (entry !== undefined) {
      this.#replace(entry, row);
      return;
    }
    const created = this.#createEntry({ id, row, sortValues: this.#readSortValues(row) });
    if (!isAfterCursor(this.plan, created.sortValues)) {
      this.#releaseOrderViews(created);
      return;
    }
    this.#insert(created);
  }

  #replace(entry: ViewEntry, row: Row): void {
    const ordered = this.plan.order.length > 0;
    const sortValues = ordered ? this.#readSortValues(row, entry) : NO_SORT_VALUES;
    const moved = ordered && sortValues.some((value, index) => value !== entry.sortValues[index]);
    if (row === entry.row && !moved) return;
    if (row !== entry.row) {
      this.#touched.add(entry);
      entry.cached = undefined;
    }
    if (moved) {
      this.#takeOut(entry);
      entry.sortValues = sortValues;
    }
    const previous = entry.row;
    entry.row = row;
    if (entry.visible && row !== previous) this.#reattach(entry, previous);
    if (!moved) return;
    if (isAfterCursor(this.plan, sortValues)) this.#insert(entry);
    else this.#releaseOrderViews(entry);
  }

  #insert(entry: ViewEntry): void {
    const position = positionOf(this.#entries, entry, this.#compare);
    if (this.#truncated && position === this.#entries.length) {
      // It sorts behind the last kept row: among those that are not kept.
      this.#releaseOrderViews(entry);
      return;
    }
    this.#entries.splice(position, 0, entry);
    this.#byId.set(entry.id, entry);
    this.#crossing.add(entry);
    if (position >= this.#limit) return;
    this.#editResults(position, entry);
    if (this.#entries.length <= this.#limit) return;
    this.#crossing.add(this.#entries[this.#limit]!);
    this.#editResults(this.#limit, undefined);
  }

  #remove(entry: ViewEntry): void {
    this.#takeOut(entry);
    this.#releaseOrderViews(entry);
  }

  #takeOut(entry: ViewEntry): void {
    const position = positionOf(this.#entries, entry, this.#compare);
    this.#entries.splice(position, 1);
    this.#byId.delete(entry.id);
    this.#crossing.add(entry);
    if (position >= this.#limit) return;
    this.#editResults(position, undefined);
    if (this.#entries.length < this.#limit) return;
    const next = this.#entries[this.#limit - 1]!;
    this.#crossing.add(next);
    this.#editResults(this.#limit - 1, next);
  }

  #editResults(index: number, entry: ViewEntry | undefined): void {
    this.#rearranged = true;
    if (this.#results === undefined) return;
    if (this.#resultEdits.length < MAX_RESULT_EDITS) this.#resultEdits.push({ index, entry });
    else this.#forgetResults();
  }

  #forgetResults(): void {
    this.#results = undefined;
    this.#resultEdits = [];
    this.#staleResults.clear();
  }

  /** Reads the whole result again and keeps the entries whose rows did not change. */
  #refresh(): void {
    const before = this.nodes.slice();
    const selected = this.#select();
    this.#compare = selected.compare;
    this.#truncated = selected.truncated;
    const gone = new Set(this.#entries);
    this.#entries = selected.rows.map((sortable) => {
      const known = this.#byId.get(sortable.id);
      if (known === undefined) return this.#createEntry(sortable);
      gone.delete(known);
      if (known.row !== sortable.row) {
        const previous = known.row;
        if (this.#hasRelationalOrder()) this.#readSortValues(sortable.row, known);
        known.row = sortable.row;
        known.cached = undefined;
        this.#touched.add(known);
        if (known.visible) this.#reattach(known, previous);
      }
      known.sortValues = sortable.sortValues;
      return known;
    });
    this.#byId.clear();
    for (const entry of this.#entries) this.#byId.set(entry.id, entry);
    for (const entry of gone) this.#releaseOrderViews(entry);
    const after = this.nodes;
    if (before.length === after.length && before.every((entry, index) => entry === after[index])) return;
    this.#rearranged = true;
    this.#forgetResults();
    for (const entry of before) this.#crossing.add(entry);
    for (const entry of after) this.#crossing.add(entry);
  }

  #trim(): void {
    const kept = this.#limit + this.#slack;
    if (this.#hasRelationalOrder() || this.#entries.length <= kept + this.#slack) return;
    for (const entry of this.#entries.splice(kept)) {
      this.#byId.delete(entry.id);
      this.#releaseOrderViews(entry);
    }
    this.#truncated = true;
  }

  /** Shows and hides what crossed the window's edge, and tells who depends on it when anything visible changed. */
  #settle(): void {
    let changed = this.#rearranged;
    for (const entry of this.#crossing) {
      const visible = this.#isWithinLimit(entry);
      if (visible === entry.visible) continue;
      if (visible) this.#show(entry);
      else this.#hide(entry);
    }
    for (const entry of this.#touched) {
      if (!entry.visible) continue;
      changed = true;
      this.#staleResults.add(entry);
      for (const tracker of this.trackers) tracker.touch(this.plan.collection, entry.id);
    }
    this.#rearranged = false;
    this.#crossing.clear();
    this.#touched.clear();
    if (changed) this.#announce();
  }

  #isWithinLimit(entry: ViewEntry): boolean {
    if (this.#byId.get(entry.id) !== entry) return false;
    return this.#entries.length <= this.#limit || positionOf(this.#entries, entry, this.#compare) < this.#limit;
  }

  #announce(): void {
    this.#snapshot = undefined;
    this.#host.changed(this);
    for (const [view, entries] of this.dependents) view.childChanged(entries, this);
  }

  #show(entry: ViewEntry): void {
    entry.visible = true;
    if (this.plan.includes.length > 0)
      entry.children = this.plan.includes.map((include) => this.#attach(include, entry, entry.row));
    for (const tracker of this.trackers) {
      tracker.add(this.plan.collection, entry.id);
      for (const child of entry.children) tracker.retain(child);
    }
  }

  #hide(entry: ViewEntry): void {
    entry.visible = false;
    const { children } = entry;
    entry.children = NO_CHILDREN as readonly View[];
    entry.cached = undefined;
    for (const tracker of this.trackers) {
      tracker.remove(this.plan.collection, entry.id);
      for (const child of children) tracker.release(child);
    }
    for (const child of children) this.#detach(child, entry);
  }

  /** The row of a visible entry changed: its subqueries may be others now. */
  #reattach(entry: ViewEntry, previous: Row): void {
    const children = entry.children;
    if (children.length === 0) return;
    const next = children.map((child, index) => {
      const include = this.plan.includes[index]!;
      return bindingChanged(include, previous, entry.row) ? this.#attach(include, entry, entry.row) : child;
    });
    entry.children = next;
    children.forEach((child, index) => {
      const attached = next[index]!;
      if (attached === child) return;
      for (const tracker of this.trackers) {
        tracker.retain(attached);
        tracker.release(child);
      }
      this.#detach(child, entry);
    });
  }

  #attach(subplan: Subplan, entry: ViewEntry, row: Row): View {
    const view = this.#host.acquire(subplan.plan, bindParameters(subplan.sources, row, this.parameters));
    let entries = view.dependents.get(this);
    if (entries === undefined) {
      entries = new Set();
      view.dependents.set(this, entries);
    }
    entries.add(entry);
    return view;
  }

  #detach(view: View, entry: ViewEntry): void {
    // Two inclusions of one entry may share a view: the dependency lasts as long as either.
    if (!entry.children.includes(view) && !entry.orderViews.includes(view)) {
      const entries = view.dependents.get(this);
      entries?.delete(entry);
      if (entries?.size === 0) view.dependents.delete(this);
    }
    this.#host.release(view);
  }

  #select(): ReturnType<typeof selectRows> {
    const { limit } = this.plan;
    // With a relational order, a change of a related row may bring any matching row into the window: all are kept.
    const needed =
      limit === undefined || this.#hasRelationalOrder() ? undefined : limit === 0 ? 0 : limit + this.#slack;
    return selectRows(this.plan, this.parameters, this.#host.source, (row) => this.#readSortValues(row), needed);
  }

  #hasRelationalOrder(): boolean {
    return this.plan.order.some((term) => term.relation !== undefined);
  }

  #createEntry({ id, row, sortValues }: Sortable): ViewEntry {
    const entry: ViewEntry = {
      id,
      row,
      sortValues,
      children: NO_CHILDREN as readonly View[],
      orderViews: NO_ORDER_VIEWS,
      visible: false,
      cached: undefined,
    };
    if (this.#hasRelationalOrder()) this.#attachOrderViews(entry, row);
    return entry;
  }

  #attachOrderViews(entry: ViewEntry, row: Row): void {
    entry.orderViews = this.plan.order.map((term) =>
      term.relation === undefined ? undefined : this.#attach(term.relation.subquery, entry, row),
    );
  }

  #releaseOrderViews(entry: ViewEntry): void {
    const { orderViews } = entry;
    entry.orderViews = NO_ORDER_VIEWS;
    for (const view of orderViews) if (view !== undefined) this.#detach(view, entry);
  }

  /** With `entry`, its order views are brought in line with the row first. */
  #readSortValues(row: Row, entry?: ViewEntry): readonly unknown[] {
    if (this.plan.order.length === 0) return NO_SORT_VALUES;
    if (!this.#hasRelationalOrder()) return this.plan.order.map((term) => term.read(row));
    if (entry !== undefined && row !== entry.row) {
      const previous = entry.orderViews;
      this.#attachOrderViews(entry, row);
      for (const view of previous) if (view !== undefined) this.#detach(view, entry);
    }
    return this.plan.order.map((term, index) => {
      if (term.relation === undefined) return term.read(row);
      const attached = entry?.orderViews[index];
      if (attached !== undefined) return relatedSortValue(term, attached);
      const { subquery } = term.relation;
      const view = this.#host.acquire(subquery.plan, bindParameters(subquery.sources, row, this.parameters));
      const value = relatedSortValue(term, view);
      this.#host.release(view);
      return value;
    });
  }
}

const NO_ORDER_VIEWS: readonly (View | undefined)[] = [];
