/**
 * The query engine: one-shot reads and live views over one entity source. It is driven by an ordered stream of commits
 * and does not care which process made them.
 */
import type { PreparedQuery } from '../ast/query.ts';
import { platform } from '../base/platform.ts';
import type { RowChange } from '../changes/types.ts';
import type { EntitySource } from '../query/entity-source.ts';
import { countRows } from './count-rows.ts';
import { EntityTracker } from './entity-tracker.ts';
import type { EntityDelta, EntityMap } from './entity-tracker.ts';
import { satisfies } from './evaluate-conditions.ts';
import type { QueryExplanation } from './explain.ts';
import { NO_PARAMETERS } from './parameters.ts';
import type { Parameters } from './parameters.ts';
import { fetchTree, parameterKey } from './fetch-tree.ts';
import { PlanCompiler } from './plan.ts';
import type { Plan, TypeLookup } from './plan.ts';
import { visitEntities } from './result-node.ts';
import type { ResultList } from './result-node.ts';
import { View } from './view.ts';
import type { ViewHost } from './view.ts';
import { ViewRouter } from './view-router.ts';

/** A held root view. Closing it twice is harmless. */
export interface LiveQuery {
  readonly view: View;
  close(): void;
}

/** Told at the end of each commit that changed a view; with a failure when the view cannot be evaluated any more. */
export type ViewListener = (failure?: { readonly error: unknown }) => void;

export interface EntityObservation {
  /** Every entity visited now. */
  entities(): EntityMap;
  /** Whether the entity is visited now. */
  has(collection: string, id: string): boolean;
  close(): void;
}

interface TrackedView {
  readonly tracker: EntityTracker;
  readonly listeners: Set<(delta: EntityDelta) => void>;
}

export class Engine implements ViewHost {
  readonly source: EntitySource;
  readonly #compiler: PlanCompiler;
  readonly #router: ViewRouter;
  readonly #views = new Map<Plan, Map<string, View>>();
  readonly #listeners = new Map<View, Set<ViewListener>>();
  readonly #tracked = new Map<View, TrackedView>();
  /** Views waiting for an update, by height: subqueries settle before what includes them. */
  readonly #queue: (View[] | undefined)[] = [];
  #changed: View[] = [];
  /** Tracked views whose set of entities changed in the running operation. */
  readonly #news = new Set<TrackedView>();
  /** Views that nothing holds; disposed of when the running operation ends, unless taken up again. */
  readonly #released = new Set<View>();
  /** Views that failed in the running operation. */
  readonly #failures = new Map<View, unknown>();
  /** Views that are kept current no more, for as long as something holds them. */
  readonly #abandoned = new WeakSet<View>();
  #operations = 0;

  constructor(source: EntitySource, typeAt: TypeLookup) {
    this.source = source;
    this.#compiler = new PlanCompiler(typeAt);
    this.#router = new ViewRouter(source);
  }

  compile(query: PreparedQuery): Plan {
    return this.#compiler.compile(query);
  }

  /** Forgets compiled plans, after the types behind them changed. Open views go on with theirs. */
  forgetPlans(): void {
    this.#compiler.forget();
  }

  /** Reads now, from the given source (a transaction's, for instance). */
  fetch(plan: Plan, source: EntitySource = this.source): ResultList {
    assertClosed(plan);
    return fetchTree(plan, NO_PARAMETERS, source);
  }

  /** The number of rows that satisfy the plan's conditions, whatever its limit and cursor. */
  count(plan: Plan, source: EntitySource = this.source): number {
    assertClosed(plan);
    return countRows(plan, NO_PARAMETERS, source);
  }

  /** How `fetch`, or `count`, answers the plan from that source. Loaded when it is asked for: few programs do. */
  async explain(plan: Plan, act: 'fetch' | 'count', source: EntitySource = this.source): Promise<QueryExplanation> {
    assertClosed(plan);
    const { explainCount, explainPlan } = await import('./explain.ts');
    return act === 'count' ? explainCount(plan, source) : explainPlan(plan, source);
  }

  /** Whether a row satisfies a plan's conditions. `parameters` as named by `plan.parameters`. */
  satisfies(plan: Plan, row: RowChange['next'] & object, parameters: Parameters, source: EntitySource): boolean {
    return satisfies(plan, row, parameters, source);
  }

  /** Every entity that the query visits now. */
  entitiesOf(plan: Plan): EntityMap {
    const entities = new Map<string, Map<string, RowChange['next'] & object>>();
    const collections = (of: Plan): void => {
      if (!entities.has(of.collection)) entities.set(of.collection, new Map());
      for (const include of of.includes) collections(include.plan);
    };
    collections(plan);
    visitEntities(this.fetch(plan), plan, (collection, id, row) => entities.get(collection)!.set(id, row));
    return entities;
  }

  /** Opens (or joins) the live view of a query. */
  open(plan: Plan, listener: ViewListener): LiveQuery {
    assertClosed(plan);
    const view = this.#operate(() => this.acquire(plan, NO_PARAMETERS));
    let listeners = this.#listeners.get(view);
    if (listeners === undefined) {
      listeners = new Set();
      this.#listeners.set(view, listeners);
    }
    listeners.add(listener);
    let open = true;
    return {
      view,
      close: () => {
        if (!open) return;
        open = false;
        listeners.delete(listener);
        if (listeners.size === 0) this.#listeners.delete(view);
        this.#operate(() => this.release(view));
      },
    };
  }

  /** Follows the set of entities that a query visits. Equal queries share one tracker. */
  observeEntities(plan: Plan, listener: (delta: EntityDelta) => void): EntityObservation {
    assertClosed(plan);
    const view = this.#operate(() => this.acquire(plan, NO_PARAMETERS));
    let tracked = this.#tracked.get(view);
    if (tracked === undefined) {
      const created: TrackedView = {
        tracker: new EntityTracker(view, this.source, () => this.#news.add(created)),
        listeners: new Set(),
      };
      tracked = created;
      this.#tracked.set(view, tracked);
    }
    const { tracker, listeners } = tracked;
    listeners.add(listener);
    let open = true;
    return {
      entities: () => tracker.entities(),
      has: (collection, id) => tracker.has(collection, id),
      close: () => {
        if (!open) return;
        open = false;
        listeners.delete(listener);
        if (listeners.size === 0) {
          this.#tracked.delete(view);
          tracker.release(view);
        }
        this.#operate(() => this.release(view));
      },
    };
  }

  /** Settles every view on the state after a commit, then tells the listeners. */
  push(changes: readonly RowChange[]): void {
    if (this.#views.size === 0) return;
    this.#operate(() => {
      this.#router.route(changes, (view, id) => this.enqueue(view, id));
    });
  }

  /** Reads every live view anew, after the state changed as a whole. */
  refresh(): void {
    this.#operate(() => {
      for (const views of this.#views.values()) for (const view of views.values()) this.enqueue(view, 'all');
    });
  }

  acquire(plan: Plan, parameters: Parameters): View {
    let views = this.#views.get(plan);
    if (views === undefined) {
      views = new Map();
      this.#views.set(plan, views);
    }
    const key = parameterKey(parameters);
    let view = views.get(key);
    if (view === undefined) {
      view = new View(plan, parameters, this);
      views.set(key, view);
      try {
        view.hydrate();
      } catch (error) {
        views.delete(key);
        view.dispose();
        throw error;
      }
      this.#router.register(view);
    }
    view.references += 1;
    this.#released.delete(view);
    return view;
  }

  release(view: View): void {
    view.references -= 1;
    if (view.references === 0) this.#released.add(view);
  }

  enqueue(view: View, id: string | 'all'): void {
    const { queued } = view;
    if (queued === undefined) (this.#queue[view.plan.height] ??= []).push(view);
    if (id === 'all') view.queued = 'all';
    else if (queued === undefined) view.queued = new Set([id]);
    else if (queued !== 'all') queued.add(id);
  }

  changed(view: View): void {
    if (view.isChanged) return;
    view.isChanged = true;
    this.#changed.push(view);
  }

  /** Runs a step; when the outermost one ends, settles what it enqueued, disposes of what it dropped, and notifies. */
  #operate<T>(step: () => T): T {
    this.#operations += 1;
    let result: T;
    try {
      result = step();
      if (this.#operations === 1) this.#settle();
    } finally {
      this.#operations -= 1;
    }
    if (this.#operations === 0) this.#notify();
    return result;
  }

  #settle(): void {
    for (let height = 0; height < this.#queue.length; height++) {
      const level = this.#queue[height];
      if (level === undefined) continue;
      this.#queue[height] = undefined;
      for (const view of level) {
        const ids = view.queued!;
        view.queued = undefined;
        this.#update(view, ids);
      }
      // An update may enqueue the same height again (a relational order); stay until it is quiet.
      if (this.#queue[height] !== undefined) height -= 1;
    }
    this.#dispose();
  }

  #update(view: View, ids: ReadonlySet<string> | 'all'): void {
    if (view.references === 0 || this.#abandoned.has(view)) return;
    try {
      view.update(ids);
    } catch (error) {
      this.#abandon(view, error);
    }
  }

  /** Gives up a view that cannot be evaluated, and all that include it. Whoever asks again gets a new one. */
  #abandon(view: View, error: unknown): void {
    if (this.#abandoned.has(view)) return;
    this.#abandoned.add(view);
    this.#failures.set(view, error);
    this.#unlist(view);
    for (const dependent of view.dependents.keys()) this.#abandon(dependent, error);
  }

  #unlist(view: View): void {
    this.#router.unregister(view);
    const views = this.#views.get(view.plan);
    const key = parameterKey(view.parameters);
    if (views?.get(key) !== view) return;
    views.delete(key);
    if (views.size === 0) this.#views.delete(view.plan);
  }

  #dispose(): void {
    while (this.#released.size > 0) {
      const released = [...this.#released];
      this.#released.clear();
      for (const view of released) {
        if (view.references > 0) continue;
        this.#unlist(view);
        view.dispose();
      }
    }
  }

  #notify(): void {
    for (const [view, error] of this.#failures) {
      this.#failures.delete(view);
      view.isChanged = false;
      for (const listener of [...(this.#listeners.get(view) ?? [])]) listener({ error });
      if (this.#tracked.has(view))
        platform.reportError(`A followed query of '${view.plan.collection}' cannot be evaluated any more:`, error);
    }
    if (this.#changed.length > 0) {
      const changed = this.#changed.filter(({ isChanged }) => isChanged);
      this.#changed = [];
      for (const view of changed) view.isChanged = false;
      for (const view of changed) for (const listener of [...(this.#listeners.get(view) ?? [])]) listener();
    }
    if (this.#news.size === 0) return;
    const news = [...this.#news];
    this.#news.clear();
    for (const { tracker, listeners } of news) {
      const delta = tracker.flush();
      if (delta.size > 0) for (const listener of [...listeners]) listener(delta);
    }
  }
}

/** A root query has no enclosing row that a variable could mean. */
function assertClosed(plan: Plan): void {
  for (const parameter of plan.parameters) {
    throw new Error(`Variable reference is out of bounds. Tried to find $${parameter} in stack of size 1`);
  }
}
