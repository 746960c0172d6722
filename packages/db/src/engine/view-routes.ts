/**
 * Routes: what a row must have, or lead to, to concern a view. A route names one value of an attribute (or one member of
 * a set), of the row itself or of rows that it is linked to; a table of routes finds by a changed row who is registered
 * under its values.
 */
import type { Row, RowChange } from '../changes/types.ts';
import type { EntitySource } from '../query/entity-source.ts';
import { liveMemberKeys } from '../values/set-member.ts';
import { pointValues } from './index-scans.ts';
import { childrenByLink, linksOf } from './links.ts';
import type { Link } from './links.ts';
import { unboundParameters } from './parameters.ts';
import type { Parameters } from './parameters.ts';
import type { Condition, ExistsCondition } from './plan.ts';

export interface Route {
  /** The way from the row to those that must have the value; empty for the row itself. */
  readonly steps: readonly RouteStep[];
  readonly path: string;
  readonly kind: 'value' | 'member';
  readonly value: unknown;
  readonly read: (row: Row) => unknown;
}

/** From parents to their children in a collection. */
interface RouteStep {
  readonly link: Link;
  readonly collection: string;
}

/** More alternatives than this are not registered one by one. */
const MAX_ROUTES = 256;

/** Rows that are looked at on the way to related values, whoever may be registered under them. */
const MIN_ROWS_ON_THE_WAY = 64;

/** The alternatives of which every matching row has at least one; undefined when there is no such finite list. */
export function routesOf(conditions: readonly Condition[], parameters: Parameters): readonly Route[] | undefined {
  let best: readonly Route[] | undefined;
  for (const condition of conditions) {
    const routes = conditionRoutes(condition, parameters);
    if (routes !== undefined && (best === undefined || isBetter(routes, best))) best = routes;
  }
  return best;
}

/** What the row itself has is read at no cost; then the fewer alternatives the better. */
function isBetter(routes: readonly Route[], best: readonly Route[]): boolean {
  const [steps, fewestSteps] = [longestWay(routes), longestWay(best)];
  if (steps !== fewestSteps) return steps < fewestSteps;
  return routes.length < best.length || (routes.length === best.length && routes[0]?.path === 'id');
}

const longestWay = (routes: readonly Route[]): number => Math.max(0, ...routes.map(({ steps }) => steps.length));

function conditionRoutes(condition: Condition, parameters: Parameters): readonly Route[] | undefined {
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
        steps: [],
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
      return relatedRoutes(condition, parameters);
  }
}

function relatedRoutes(exists: ExistsCondition, parameters: Parameters): readonly Route[] | undefined {
  const links = linksOf(exists);
  const link = links.find(({ childPath }) => childPath === 'id') ?? links[0];
  if (link === undefined) return undefined;
  const { plan, sources } = exists.subquery;
  const routes = routesOf(plan.conditions, unboundParameters(sources, parameters));
  return routes?.map((route) => ({ ...route, steps: [{ link, collection: plan.collection }, ...route.steps] }));
}

/** Routes of one name differ in their values only. */
export function routeName({ steps, kind, path }: Route): string {
  const way = steps.map(({ link, collection }) => [link.parentPath, link.kind, link.childPath, collection]);
  return JSON.stringify([way, kind, path]);
}

/** Who is registered under the values of routes with one name. */
export class RouteTable<Member> {
  readonly #steps: readonly RouteStep[];
  readonly #kind: Route['kind'];
  readonly #read: (row: Row) => unknown;
  readonly #byValue = new Map<unknown, Set<Member>>();

  constructor({ steps, kind, read }: Route) {
    this.#steps = steps;
    this.#kind = kind;
    this.#read = read;
  }

  get isEmpty(): boolean {
    return this.#byValue.size === 0;
  }

  add(value: unknown, member: Member): void {
    const members = this.#byValue.get(value);
    if (members === undefined) this.#byValue.set(value, new Set([member]));
    else members.add(member);
  }

  delete(value: unknown, member: Member): void {
    const members = this.#byValue.get(value);
    if (members?.delete(member) === true && members.size === 0) this.#byValue.delete(value);
  }

  /**
   * Calls `found` for all whom the change may concern: for everybody when the table has lost its way, or it cannot be told.
   * `source` has the state after the commit.
   */
  find(change: RowChange, hasLostWay: boolean, source: EntitySource, found: (member: Member) => void): void {
    const values = hasLostWay ? undefined : this.#valuesOf(change, source);
    if (values === undefined) for (const members of this.#byValue.values()) members.forEach(found);
    else for (const value of values) this.#byValue.get(value)?.forEach(found);
  }

  /**
   * Whether the commit changed rows on the way such that the values to which a row led before it cannot be read from the
   * state after it.
   */
  losesWay(commit: readonly RowChange[]): boolean {
    return this.#steps.some(({ link, collection }, index) => {
      const onward = this.#steps[index + 1]?.link.parentRead ?? this.#read;
      return commit.some(
        (change) =>
          change.collection === collection && (hasChanged(change, link.childRead) || hasChanged(change, onward)),
      );
    });
  }

  #valuesOf(change: RowChange, source: EntitySource): Iterable<unknown> | undefined {
    if (this.#steps.length === 0) return this.#ownValuesOf(change);
    try {
      return this.#relatedValuesOf(change, source);
    } catch {
      // Whoever is asked fails by itself.
      return undefined;
    }
  }

  #ownValuesOf({ prev, next }: RowChange): Iterable<unknown> {
    const before = prev === undefined ? [] : this.#ownValues(prev);
    const after = next === undefined ? [] : this.#ownValues(next);
    if (before.length === 0) return after;
    for (const value of after) if (!before.includes(value)) before.push(value);
    return before;
  }

  /** Undefined where finding them would cost more than asking everybody. */
  #relatedValuesOf(change: RowChange, source: EntitySource): Iterable<unknown> | undefined {
    const values = new Set<unknown>();
    const ledElsewhere = hasChanged(change, this.#steps[0]!.link.parentRead);
    if (ledElsewhere && !this.#collect(change.prev!, source, values)) return undefined;
    if (change.next !== undefined && !this.#collect(change.next, source, values)) return undefined;
    return values;
  }

  #ownValues(row: Row): unknown[] {
    const value = this.#read(row);
    return this.#kind === 'value' ? [value ?? null] : liveMemberKeys(value);
  }

  /** Adds the values to which the row leads. False when too many rows lie on the way. */
  #collect(row: Row, source: EntitySource, values: Set<unknown>): boolean {
    const most = Math.max(MIN_ROWS_ON_THE_WAY, this.#byValue.size);
    let rows: Iterable<Row> = [row];
    let visited = 0;
    for (const { link, collection } of this.#steps) {
      const related = new Set<Row>();
      for (const parent of rows) {
        const children = childrenByLink(link, parent, collection, source);
        if (children === undefined) return false;
        for (const child of children) {
          if (++visited > most) return false;
          related.add(child);
        }
      }
      rows = related;
    }
    for (const related of rows) for (const value of this.#ownValues(related)) values.add(value);
    return true;
  }
}

/** Whether a row that was there before has lost what is read of it. */
function hasChanged({ prev, next }: RowChange, read: (row: Row) => unknown): boolean {
  return prev !== undefined && (next === undefined || read(prev) !== read(next));
}
