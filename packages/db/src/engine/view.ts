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
import { NO_SORT_VALUES, isAfterCursor } from './row-order.ts';
import type { Sortable } from './row-order.ts';
import { selectRows } from './select-rows.ts';
import type { RowSelection, SelectedRows } from './select-rows.ts';
import { ViewWindow } from './view-window.ts';

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

export class View implements ResultList {
  readonly plan: Plan;
  readonly parameters: Parameters;
  /** Held by subscriptions and by entries of other views. */
  references = 0;
  /** What the engine is to look at again. */
  queued: Set<string> | 'all' | undefined = undefined;
  /** Whether the engine has noted that the result changed. */
  isChanged = false;
  /** The entries of other views whose children include this view. */
  readonly dependents = new Map<View, Set<ViewEntry>>();
  readonly trackers = new Set<ViewTracker>();

  readonly #host: ViewHost;
  readonly #window: ViewWindow<ViewEntry>;
  readonly #slack: number;
  readonly #hasRelationalOrder: boolean;
  /** Whether rows match that are not kept. */
  #truncated = false;
  /** Entries whose rows changed since the last settlement. */
  #touched: ViewEntry[] = [];
  #snapshot: readonly unknown[] | undefined = undefined;

  constructor(plan: Plan, parameters: Parameters, host: ViewHost) {
    this.plan = plan;
    this.parameters = parameters;
    this.#host = host;
    this.#window = new ViewWindow(plan.limit ?? Infinity);
    this.#slack = Math.max(MIN_SLACK, plan.limit ?? 0);
    this.#hasRelationalOrder = plan.order.some((term) => term.relation !== undefined);
  }

  /** The visible entries, as they are now. */
  get nodes(): readonly ViewEntry[] {
    return this.#window.visible;
  }

  /** A new list of what `read` makes of the visible entries. It is asked only about those that changed since. */
  results<T>(read: (entry: ViewEntry) => T): T[] {
    return this.#window.read(read).slice();
  }

  /** The same list for as long as nothing in it changes. */
  snapshot<T>(read: (entry: ViewEntry) => T): readonly T[] {
    return (this.#snapshot ??= this.results(read)) as readonly T[];
  }

  /** Fills the view while it is empty: before it is handed out, and when very much has changed. */
  hydrate(): void {
    const { rows, truncated, compare } = this.#select();
    this.#truncated = truncated;
    this.#window.fill(rows, compare);
    if (this.#hasRelationalOrder) for (const entry of rows) this.#attachOrderViews(entry, entry.row);
    for (const entry of this.#window.visible) this.#show(entry);
  }

  /** Gives back every view that this one holds. */
  dispose(): void {
    if (this.plan.includes.length > 0 || this.#hasRelationalOrder || this.trackers.size > 0)
      for (const entry of this.#window.entries) {
        if (entry.visible) this.#hide(entry);
        this.#releaseOrderViews(entry);
      }
    this.#window.clear();
  }

  /** Re-evaluates the given rows (or everything) on the current state. */
  update(ids: ReadonlySet<string> | 'all'): void {
    const window = this.#window;
    if (ids === 'all' || this.isReadAnewFor(ids.size)) {
      if (window.size === 0) {
        this.hydrate();
        if (window.visible.length > 0) this.#announce();
        return;
      }
      this.#refresh();
    } else {
      for (const id of ids) this.#reconsider(id);
      if (this.#truncated && window.size < window.limit) this.#refresh();
      else this.#trim();
    }
    this.#settle();
  }

  /** Whether reading everything again is cheaper than looking at so many rows one by one. */
  isReadAnewFor(rows: number): boolean {
    return rows > this.#window.size / 4 + 64;
  }

  /** A view below some of this view's entries has changed. */
  childChanged(entries: ReadonlySet<ViewEntry>, child: View): void {
    let shown = false;
    for (const entry of entries) {
      if (entry.visible && entry.children.includes(child)) {
        entry.cached = undefined;
        this.#window.results.touch(entry);
        shown = true;
      }
      if (entry.orderViews.includes(child)) this.#host.enqueue(this, entry.id);
    }
    if (shown) this.#announce();
  }

  #reconsider(id: string): void {
    const row = this.#host.source.row(this.plan.collection, id);
    const entry = this.#window.get(id);
    const matches = row !== undefined && satisfies(this.plan, row, this.parameters, this.#host.source);
    if (!matches) {
      if (entry !== undefined) this.#remove(entry);
      return;
    }
    if (entry !== undefined) {
      this.#replace(entry, row);
      return;
    }
    const created = newEntry(id, row, this.#readSortValues(row));
    if (this.#hasRelationalOrder) this.#attachOrderViews(created, row);
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
      this.#touched.push(entry);
      entry.cached = undefined;
    }
    if (moved) {
      this.#window.remove(entry);
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
    // It sorts behind the last kept row: among those that are not kept.
    if (this.#truncated && this.#window.isLast(entry)) this.#releaseOrderViews(entry);
    else this.#window.insert(entry);
  }

  #remove(entry: ViewEntry): void {
    this.#window.remove(entry);
    this.#releaseOrderViews(entry);
  }

  /** Reads the whole result again and keeps the entries whose rows did not change. */
  #refresh(): void {
    const selected = this.#select();
    this.#truncated = selected.truncated;
    const gone = new Set(this.#window.entries);
    const entries = selected.rows.map((sortable) => {
      const known = this.#window.get(sortable.id);
      if (known === undefined) {
        if (this.#hasRelationalOrder) this.#attachOrderViews(sortable, sortable.row);
        return sortable;
      }
      gone.delete(known);
      if (known.row !== sortable.row) {
        const previous = known.row;
        if (this.#hasRelationalOrder) this.#readSortValues(sortable.row, known);
        known.row = sortable.row;
        known.cached = undefined;
        this.#touched.push(known);
        if (known.visible) this.#reattach(known, previous);
      }
      known.sortValues = sortable.sortValues;
      return known;
    });
    this.#window.reset(entries, selected.compare);
    for (const entry of gone) this.#releaseOrderViews(entry);
  }

  #trim(): void {
    const kept = this.#window.limit + this.#slack;
    if (this.#hasRelationalOrder || this.#window.size <= kept + this.#slack) return;
    for (const entry of this.#window.cut(kept)) this.#releaseOrderViews(entry);
    this.#truncated = true;
  }

  /** Shows and hides what crossed the window's edges, and tells who depends on it when anything visible changed. */
  #settle(): void {
    let changed = this.#settleWindow();
    const touched = this.#touched;
    if (touched.length > 0) this.#touched = [];
    for (const entry of touched) {
      if (!entry.visible) continue;
      changed = true;
      this.#window.results.touch(entry);
      for (const tracker of this.trackers) tracker.touch(this.plan.collection, entry.id);
    }
    if (changed) this.#announce();
  }

  #settleWindow(): boolean {
    return this.#window.settle(
      (entry) => this.#show(entry),
      (entry) => this.#hide(entry),
    );
  }

  #announce(): void {
    this.#snapshot = undefined;
    this.#host.changed(this);
    for (const [view, entries] of this.dependents) view.childChanged(entries, this);
  }

  #show(entry: ViewEntry): void {
    entry.visible = true;
    if (this.plan.includes.length > 0) {
      // One by one: should a subquery fail, those before it are known and can be given back.
      const children: View[] = [];
      entry.children = children;
      for (const include of this.plan.includes) children.push(this.#attach(include, entry, entry.row));
    }
    if (this.trackers.size === 0) return;
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

  #select(): SelectedRows<ViewEntry> {
    const { limit } = this.plan;
    // With a relational order, a change of a related row may bring any matching row into the window: all are kept.
    const needed = limit === undefined || this.#hasRelationalOrder ? undefined : limit === 0 ? 0 : limit + this.#slack;
    const readSortValues = (row: Row): readonly unknown[] => this.#readSortValues(row);
    return selectRows(this.plan, this.parameters, this.#host.source, readSortValues, needed, newEntry);
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
    if (!this.#hasRelationalOrder) return this.plan.order.map((term) => term.read(row));
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

const newEntry: RowSelection<ViewEntry> = (id, row, sortValues) => ({
  id,
  row,
  sortValues,
  children: NO_CHILDREN as readonly View[],
  orderViews: NO_ORDER_VIEWS,
  visible: false,
  cached: undefined,
});

const NO_ORDER_VIEWS: readonly (View | undefined)[] = [];
