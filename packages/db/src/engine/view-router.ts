/**
 * Finds the views that a changed row may affect, without looking at the others: views are registered by their most
 * selective equality, and only those that have none are asked about every change of their collection.
 */
import type { Row, RowChange } from '../changes/types.ts';
import type { EntitySource } from '../query/entity-source.ts';
import { liveMemberKeys } from '../values/set-member.ts';
import { isCorrelated } from './access-options.ts';
import { satisfiesAll } from './evaluate-conditions.ts';
import { pointValues } from './index-scans.ts';
import { linkKindOf, linkValues, parentsByLink } from './links.ts';
import type { Link } from './links.ts';
import { unboundParameters } from './parameters.ts';
import type { Parameters } from './parameters.ts';
import { containsExists } from './plan.ts';
import type { Condition, ExistsCondition, Plan } from './plan.ts';
import type { View } from './view.ts';

/** Asks for a view's rows to be re-evaluated. */
export type Enqueue = (view: View, id: string | 'all') => void;

/** One reason for which a change of a collection may concern a view. */
interface Registration {
  readonly view: View;
  readonly collection: string;
  readonly routes: readonly Route[] | undefined;
  /** Absent where each changed row concerns the view as a row of its own. */
  readonly affect?: (change: RowChange, enqueue: Enqueue) => void;
}

/** A row must have this value (or this set member) to concern the registration. */
interface Route {
  readonly path: string;
  readonly kind: 'value' | 'member';
  readonly value: unknown;
  readonly read: (row: Row) => unknown;
}

interface RouteTable {
  readonly kind: Route['kind'];
  readonly read: (row: Row) => unknown;
  readonly byValue: Map<unknown, Set<Registration>>;
}

interface CollectionRoutes {
  readonly tables: Map<string, RouteTable>;
  readonly residual: Set<Registration>;
}

/** More alternatives than this are not registered one by one. */
const MAX_ROUTES = 256;

export class ViewRouter {
  readonly #collections = new Map<string, CollectionRoutes>();
  readonly #registrations = new Map<View, readonly Registration[]>();
  readonly #source: EntitySource;

  constructor(source: EntitySource) {
    this.#source = source;
  }

  register(view: View): void {
    const { plan, parameters } = view;
    const registrations: Registration[] = [
      {
        view,
        collection: plan.collection,
        routes: routesOf(plan.conditions, parameters),
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
        if (!registration.affect && registration.view.isReadAnewFor(to - from)) enqueue(registration.view, 'all');
        else for (let index = from; index < to; index++) affect(registration, changes[index]!, enqueue);
      }
      for (const table of routes.tables.values())
        for (let index = from; index < to; index++) this.#routeByValue(table, changes[index]!, enqueue);
    }
  }

  #routeByValue(table: RouteTable, change: RowChange, enqueue: Enqueue): void {
    const before = routeValues(table, change.prev);
    for (const value of before) this.#affect(table, value, change, enqueue);
    for (const value of routeValues(table, change.next))
      if (!before.includes(value)) this.#affect(table, value, change, enqueue);
  }

  #affect(table: RouteTable, value: unknown, change: RowChange, enqueue: Enqueue): void {
    const registrations = table.byValue.get(value);
    if (registrations !== undefined) for (const registration of registrations) affect(registration, change, enqueue);
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
      const uncorrelated = plan.conditions.filter((member) => !isCorrelated(member));
      const source = this.#source;
      registrations.push({
        view,
        collection: plan.collection,
        routes: routesOf(plan.conditions, childParameters),
        affect: (change, enqueue) => {
          if (!isRelevant(plan, change)) return;
          for (const row of [change.prev, change.next]) {
            if (row === undefined || !satisfiesStatements(uncorrelated, row, childParameters, source)) continue;
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
      const name = `${route.kind}:${route.path}`;
      let table = routes.tables.get(name);
      if (table === undefined) {
        table = { kind: route.kind, read: route.read, byValue: new Map() };
        routes.tables.set(name, table);
      }
      let registrations = table.byValue.get(route.value);
      if (registrations === undefined) {
        registrations = new Set();
        table.byValue.set(route.value, registrations);
      }
      registrations.add(registration);
    }
  }

  #remove(registration: Registration): void {
    const routes = this.#collections.get(registration.collection);
    if (routes === undefined) return;
    routes.residual.delete(registration);
    for (const route of registration.routes ?? []) {
      const name = `${route.kind}:${route.path}`;
      const table = routes.tables.get(name);
      const registrations = table?.byValue.get(route.value);
      if (table === undefined || registrations === undefined) continue;
      registrations.delete(registration);
      if (registrations.size === 0) table.byValue.delete(route.value);
      if (table.byValue.size === 0) routes.tables.delete(name);
    }
  }
}

/** Where it cannot be told whom a change concerns, the view is asked to look at everything, and to fail by itself. */
function affect(registration: Registration, change: RowChange, enqueue: Enqueue): void {
  try {
    if (registration.affect === undefined) enqueue(registration.view, change.id);
    else registration.affect(change, enqueue);
  } catch {
    enqueue(registration.view, 'all');
  }
}

/** The alternatives of which every matching row has at least one; undefined when there is no such finite list. */
function routesOf(conditions: readonly Condition[], parameters: Parameters): Route[] | undefined {
  let best: Route[] | undefined;
  for (const condition of conditions) {
    const routes = conditionRoutes(condition, parameters);
    if (routes === undefined) continue;
    if (
      best === undefined ||
      routes.length < best.length ||
      (routes.length === best.length && routes[0]?.path === 'id')
    )
      best = routes;
  }
  return best;
}

function conditionRoutes(condition: Condition, parameters: Parameters): Route[] | undefined {
  switch (condition.kind) {
    case 'constant':
      return condition.value ? undefined : [];
    case 'statement': {
      const values = condition.operator === 'has' ? undefined : pointValues(condition, parameters);
      if (values === undefined || values.length > MAX_ROUTES) return undefined;
      const member = condition.operator.startsWith('SET_');
      if (values.some((value) => typeof value === 'object' && value !== null)) return undefined;
      const { path, read } = condition;
      return values.map((value) => ({
        path,
        read,
        kind: member ? 'member' : 'value',
        value: member ? String(value) : (value ?? null),
      }));
    }
    case 'and':
      return routesOf(condition.conditions, parameters);
    case 'or': {
      const routes: Route[] = [];
      for (const member of condition.conditions) {
        const found = conditionRoutes(member, parameters);
        if (found === undefined || routes.length + found.length > MAX_ROUTES) return undefined;
        routes.push(...found);
      }
      return routes;
    }
    case 'exists':
      return undefined;
  }
}

function routeValues(table: RouteTable, row: Row | undefined): readonly unknown[] {
  if (row === undefined) return [];
  const value = table.read(row);
  return table.kind === 'value' ? [value ?? null] : liveMemberKeys(value);
}

/** Whether a change touches anything that the subquery's conditions read. */
function isRelevant(plan: Plan, { prev, next }: RowChange): boolean {
  if (prev === undefined || next === undefined) return true;
  return plan.conditionReads.some((read) => read(prev) !== read(next));
}

/** Nested exists are left out: their truth at the time of `row` is not known any more. */
function satisfiesStatements(
  conditions: readonly Condition[],
  row: Row,
  parameters: Parameters,
  source: EntitySource,
): boolean {
  return satisfiesAll(
    conditions.filter((condition) => !containsExists(condition)),
    row,
    parameters,
    source,
  );
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
    let from = chain[at]!.subquery.sources[condition.operand.index];
    while (from?.kind === 'parameter' && at > 0) {
      at -= 1;
      from = chain[at]!.subquery.sources[from.index];
    }
    if (from?.kind !== 'row') continue;
    const step = {
      link: { childPath: condition.path, childRead: condition.read, kind, parentPath: from.path },
      parentLevel: at - 1,
    };
    if (best === undefined || step.link.parentPath === 'id') best = step;
  }
  return best;
}
