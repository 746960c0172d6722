/**
 * Finds the views that a changed row may affect, without looking at the others: views are registered by their most
 * selective equality, their own or that of a related row, and only those that have none are asked about every change of
 * their collection.
 */
import type { Row, RowChange } from '../changes/types.ts';
import type { EntitySource } from '../query/entity-source.ts';
import { isCorrelated } from './access-options.ts';
import { satisfiesAll } from './evaluate-conditions.ts';
import { linkKindOf, linkValues, parentsByLink } from './links.ts';
import type { Link } from './links.ts';
import { unboundParameters } from './parameters.ts';
import type { Parameters } from './parameters.ts';
import { containsExists } from './plan.ts';
import type { Condition, ExistsCondition, Plan } from './plan.ts';
import type { View } from './view.ts';
import { RouteTable, routeName, routesOf } from './view-routes.ts';
import type { Route } from './view-routes.ts';

/** Asks for a view's rows to be re-evaluated. */
export type Enqueue = (view: View, id: string | 'all') => void;

/** One reason for which a change of a collection may concern a view. */
interface Registration {
  readonly view: View;
  readonly collection: string;
  readonly routes: readonly Route[] | undefined;
  /** Whether the changed rows concern the view as rows of its own. */
  readonly isRoot: boolean;
  readonly affect: (change: RowChange, enqueue: Enqueue) => void;
}

interface CollectionRoutes {
  readonly tables: Map<string, RouteTable<Registration>>;
  readonly residual: Set<Registration>;
}

export class ViewRouter {
  readonly #collections = new Map<string, CollectionRoutes>();
  readonly #registrations = new Map<View, readonly Registration[]>();
  readonly #source: EntitySource;

  constructor(source: EntitySource) {
    this.#source = source;
  }

  register(view: View): void {
    const { plan, parameters } = view;
    const statements = plan.conditions.filter((condition) => !containsExists(condition));
    const registrations: Registration[] = [
      {
        view,
        collection: plan.collection,
        routes: routesOf(plan.conditions, parameters),
        isRoot: true,
        affect: ({ id, prev, next }, enqueue) => {
          const matches = (row: Row | undefined) =>
            row !== undefined && satisfiesAll(statements, row, parameters, this.#source);
          if (matches(next) || matches(prev)) enqueue(view, id);
        },
      },
    ];
    if (plan.hasExists) this.#addExists(view, plan.conditions, parameters, [], registrations);
    for (const registration of registrations) this.#add(registration);
    this.#registrations.set(view, registrations);
  }

  unregister(view: View): void {
    for (const registration of this.#registrations.get(view) ?? []) this.#remove(registration);
    this.#registrations.delete(view);
  }

  /** Enqueues every view that the changes may affect. */
  route(changes: readonly RowChange[], enqueue: Enqueue): void {
    for (let from = 0, to = 0; from < changes.length; from = to) {
      const { collection } = changes[from]!;
      do to++;
      while (changes[to]?.collection === collection);
      const routes = this.#collections.get(collection);
      if (routes === undefined) continue;
      for (const registration of routes.residual) {
        if (registration.isRoot && registration.view.isReadAnewFor(to - from)) enqueue(registration.view, 'all');
        else for (let index = from; index < to; index++) affect(registration, changes[index]!, enqueue);
      }
      for (const table of routes.tables.values()) {
        const hasLostWay = table.losesWay(changes);
        for (let index = from; index < to; index++) {
          const change = changes[index]!;
          table.find(change, hasLostWay, this.#source, (registration) => affect(registration, change, enqueue));
        }
      }
    }
  }

  /** A change in the collection of an exists subquery concerns the root rows that it names, at any depth of nesting. */
  #addExists(
    view: View,
    conditions: readonly Condition[],
    parameters: Parameters,
    chain: readonly ExistsCondition[],
    registrations: Registration[],
  ): void {
    for (const condition of conditions) {
      if ('conditions' in condition) this.#addExists(view, condition.conditions, parameters, chain, registrations);
      if (condition.kind !== 'exists') continue;
      const nested = [...chain, condition];
      const { plan, sources } = condition.subquery;
      const childParameters = unboundParameters(sources, parameters);
      // Nested exists are left out: their truth at the time of a row is not known any more.
      const statements = plan.conditions.filter((member) => !isCorrelated(member) && !containsExists(member));
      const source = this.#source;
      registrations.push({
        view,
        collection: plan.collection,
        routes: routesOf(plan.conditions, childParameters),
        isRoot: false,
        affect: (change, enqueue) => {
          if (!isRelevant(plan, change)) return;
          for (const row of [change.prev, change.next]) {
            if (row === undefined || !satisfiesAll(statements, row, childParameters, source)) continue;
            enqueueRoots(view, nested, nested.length - 1, row, source, enqueue);
          }
        },
      });
      this.#addExists(view, plan.conditions, childParameters, nested, registrations);
    }
  }

  #add(registration: Registration): void {
    let routes = this.#collections.get(registration.collection);
    if (routes === undefined) {
      routes = { tables: new Map(), residual: new Set() };
      this.#collections.set(registration.collection, routes);
    }
    if (registration.routes === undefined) {
      routes.residual.add(registration);
      return;
    }
    for (const route of registration.routes) {
      const name = routeName(route);
      let table = routes.tables.get(name);
      if (table === undefined) {
        table = new RouteTable(route);
        routes.tables.set(name, table);
      }
      table.add(route.value, registration);
    }
  }

  #remove(registration: Registration): void {
    const routes = this.#collections.get(registration.collection)!;
    routes.residual.delete(registration);
    for (const route of registration.routes ?? []) {
      const name = routeName(route);
      const table = routes.tables.get(name);
      if (table === undefined) continue;
      table.delete(route.value, registration);
      if (table.isEmpty) routes.tables.delete(name);
    }
  }
}

/** Where it cannot be told whom a change concerns, the view is asked to look at everything, and to fail by itself. */
function affect(registration: Registration, change: RowChange, enqueue: Enqueue): void {
  try {
    registration.affect(change, enqueue);
  } catch {
    enqueue(registration.view, 'all');
  }
}

/** Whether a change touches anything that the subquery's conditions read. */
function isRelevant(plan: Plan, { prev, next }: RowChange): boolean {
  if (prev === undefined || next === undefined) return true;
  return plan.conditionReads.some((read) => read(prev) !== read(next));
}

/** Enqueues the root rows from which `row`, at `level` of the chain of exists, can be reached; everything if that is unknown. */
function enqueueRoots(
  view: View,
  chain: readonly ExistsCondition[],
  level: number,
  row: Row,
  source: EntitySource,
  enqueue: Enqueue,
): void {
  const step = stepUp(chain, level);
  if (step === undefined) {
    enqueue(view, 'all');
    return;
  }
  const { link, parentLevel } = step;
  const collection = parentLevel < 0 ? view.plan.collection : chain[parentLevel]!.subquery.plan.collection;
  for (const value of linkValues(link, row)) {
    for (const parent of parentsByLink(link, value, collection, source)) {
      if (parentLevel < 0) enqueue(view, parent['id'] as string);
      else enqueueRoots(view, chain, parentLevel, parent, source, enqueue);
    }
  }
}

/** The best equality that leads from a level of the chain to one above it; level -1 is the root. */
function stepUp(chain: readonly ExistsCondition[], level: number): { link: Link; parentLevel: number } | undefined {
  let best: { link: Link; parentLevel: number } | undefined;
  for (const condition of chain[level]!.subquery.plan.conditions) {
    if (condition.kind !== 'statement' || condition.operand.kind !== 'parameter') continue;
    const kind = linkKindOf(condition.operator);
    if (kind === undefined) continue;
    let at = level;
    let from = chain[at]!.subquery.sources[condition.operand.index]!;
    while (from.kind === 'parameter' && at > 0) {
      at -= 1;
      from = chain[at]!.subquery.sources[from.index]!;
    }
    if (from.kind !== 'row') continue;
    const step = {
      link: {
        childPath: condition.path,
        childRead: condition.read,
        kind,
        parentPath: from.path,
        parentRead: from.read,
      },
      parentLevel: at - 1,
    };
    if (best === undefined || step.link.parentPath === 'id') best = step;
  }
  return best;
}
