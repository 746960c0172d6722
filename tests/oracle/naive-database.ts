/**
 * The oracle: a database that answers queries as applications write them in the plainest way, by looking at every row,
 * every time. It follows relations, variables and permissions itself and shares no code with the real database; where
 * the two disagree, one of them is wrong.
 */
import { conjoined, constant, isVariable, oneFurtherIn, scopeOf } from './naive-filters.ts';
import { at, compare, decode, holds, isEmpty, membersOf, typeAt } from './naive-values.ts';
import type { NaiveType, Row } from './naive-values.ts';

export type Statement = [path: string, operator: string, value: unknown];
export type Filter =
  | boolean
  | Statement
  | { mod: 'and' | 'or'; filters: Filter[] }
  | { exists: Query }
  | { exists: { _extends: string; where?: Filter[] } };
export type Inclusion =
  | true
  | null
  | { subquery: Query; cardinality: 'one' | 'many' }
  | ({ _extends: string } & Pick<Query, 'select' | 'where' | 'order' | 'limit' | 'include'>);
export interface Query {
  collectionName: string;
  select?: string[];
  where?: Filter[];
  order?: [path: string, direction: 'ASC' | 'DESC'][];
  limit?: number;
  after?: [cursor: unknown[], inclusive: boolean];
  vars?: Record<string, unknown>;
  include?: Record<string, Inclusion>;
}
export interface Relation {
  query: Query;
  cardinality: 'one' | 'many';
}
export type WriteOperation = 'insert' | 'update' | 'postUpdate' | 'delete';
export interface Collection {
  schema: NaiveType;
  relationships?: Record<string, Relation>;
  permissions?: Record<string, { [operation in 'read' | WriteOperation]?: { filter: Filter[] } }>;
}
export interface NaiveSchema {
  /** The database is not told: types only say what rows and queries are made like. */
  schemaless?: boolean;
  collections: Record<string, Collection>;
  roles?: Record<string, { match: Record<string, string> }>;
}
export type NaiveData = Map<string, Map<string, Row>>;

/** The type that rows of a collection are held to. */
export function typeOf({ schemaless, collections }: NaiveSchema, collection: string): NaiveType {
  return schemaless === true ? { type: 'any' } : collections[collection]!.schema;
}

/** On whose behalf a query runs. Without a session nothing is hidden. */
export interface Circumstances {
  session?: Record<string, unknown> | undefined;
  global: Record<string, unknown>;
}
export interface NaiveResult {
  collection: string;
  row: Row;
  /** What the application sees. */
  entity: Row;
  children: NaiveResult[];
}

/** Where an expression stands: the row it is about, then the rows around it, innermost first. */
interface Place {
  rows: readonly { collection: string; row: Row }[];
  /** What a variable without scope means: the row itself in a permission, else the one around. */
  unscoped: 0 | 1;
  /** Collections inside whose permissions this stands; they are not restricted again. */
  expanding: readonly string[];
  variables: Record<string, unknown>;
}

export class NaiveDatabase {
  readonly schema: NaiveSchema;
  readonly data: NaiveData;

  constructor(schema: NaiveSchema, data: NaiveData = new Map()) {
    this.schema = schema;
    this.data = data;
  }

  fetch(query: Query, { session, global }: Circumstances): NaiveResult[] {
    const variables = { $global: global, $session: session ?? {}, $token: session ?? {}, $query: query.vars ?? {} };
    return this.#fetch(query, { rows: [], unscoped: 1, expanding: [], variables }, session);
  }

  #fetch(query: Query, place: Place, session: Circumstances['session']): NaiveResult[] {
    const { collectionName, order = [], limit, after } = query;
    let found = this.#matching(collectionName, query.where ?? [], place, session);
    if (order.length === 0) {
      const ids = listedIds(this.schema, query.where ?? [], place);
      if (ids !== undefined) found.sort((a, b) => ids.indexOf(a['id']) - ids.indexOf(b['id']));
    }
    const sortValues = new Map(
      found.map((row) => [
        row,
        order.map(([path]) => this.#sortValue(path, inside(place, collectionName, row), session)),
      ]),
    );
    const compareAll = (values: readonly unknown[], others: readonly unknown[]): number => {
      for (const [index, [, direction]] of order.entries()) {
        const result = compare(values[index], others[index]);
        if (result !== 0) return direction === 'DESC' ? -result : result;
      }
      return 0;
    };
    found.sort((a, b) => compareAll(sortValues.get(a)!, sortValues.get(b)!));
    if (after !== undefined) {
      const cursor = after[0].map((value) => (value instanceof Date ? value.toISOString() : value));
      found = found.filter((row) => {
        const result = compareAll(sortValues.get(row)!, cursor);
        return result > 0 || (result === 0 && after[1]);
      });
    }
    return found.slice(0, limit).map((row) => this.#result(query, inside(place, collectionName, row), session));
  }

  /** The rows that satisfy the filters and that the session may read, by id. */
  #matching(collection: string, where: readonly Filter[], place: Place, session: Circumstances['session']): Row[] {
    return [...(this.data.get(collection)?.values() ?? [])]
      .sort((a, b) => ((a['id'] as string) < (b['id'] as string) ? -1 : 1))
      .filter((row) => {
        const here = inside(place, collection, row);
        return this.#all(where, here, session) && this.#readable(here, session);
      });
  }

  #result(query: Query, place: Place, session: Circumstances['session']): NaiveResult {
    const { collection, row } = place.rows[0]!;
    const whole = decode(typeOf(this.schema, collection), row) as Row;
    const entity = query.select === undefined ? whole : selected(whole, query.select, this.schema.schemaless === true);
    const children: NaiveResult[] = [];
    for (const [alias, inclusion] of Object.entries(query.include ?? {})) {
      const { query: subquery, cardinality } = this.#resolve(collection, alias, inclusion);
      const results = this.#fetch(subquery, place, session).slice(0, cardinality === 'one' ? 1 : undefined);
      children.push(...results);
      entity[alias] = cardinality === 'one' ? (results[0]?.entity ?? null) : results.map((result) => result.entity);
    }
    return { collection, row, entity, children };
  }

  /** Filters and selections of an extension add to the relation's; other clauses take their place. */
  #resolve(collection: string, alias: string, inclusion: Inclusion): Relation {
    if (inclusion !== null && inclusion !== true && 'subquery' in inclusion)
      return { query: inclusion.subquery, cardinality: inclusion.cardinality };
    const { _extends: name, ...extension } = inclusion === null || inclusion === true ? { _extends: alias } : inclusion;
    const { query, cardinality } = this.#relation(collection, name)!;
    const { select, where } = extension as Partial<Query>;
    return {
      query: {
        ...query,
        ...extension,
        ...((query.select ?? select) && { select: [...(query.select ?? []), ...(select ?? [])] }),
        where: [...(query.where ?? []), ...(where ?? [])],
      },
      cardinality,
    };
  }

  #relation(collection: string, name: string): Relation | undefined {
    return this.schema.collections[collection]!.relationships?.[name];
  }

  #sortValue(path: string, place: Place, session: Circumstances['session']): unknown {
    const { collection, row } = place.rows[0]!;
    const [name, rest] = splitPath(path);
    const relation = this.#relation(collection, name);
    if (relation === undefined) return at(row, path) ?? null;
    const [related] = this.#fetch({ ...relation.query, limit: Math.min(1, relation.query.limit ?? 1) }, place, session);
    return related === undefined
      ? null
      : this.#sortValue(rest, inside(place, related.collection, related.row), session);
  }

  /** Whether the session may do this to a row. `prev`, the row before, is what an update may refer to. */
  permits(
    operation: WriteOperation,
    { collection, row, prev }: { collection: string; row: Row; prev?: Row | undefined },
    { session, global }: Circumstances,
  ): boolean {
    const variables = {
      $global: global,
      $session: session ?? {},
      $token: session ?? {},
      $query: {},
      $prev: prev ?? {},
    };
    return this.#permits(operation, { rows: [{ collection, row }], unscoped: 0, expanding: [], variables }, session);
  }

  #readable(place: Place, session: Circumstances['session']): boolean {
    return place.expanding.includes(place.rows[0]!.collection) || this.#permits('read', place, session);
  }

  #permits(operation: 'read' | WriteOperation, place: Place, session: Circumstances['session']): boolean {
    const { collection } = place.rows[0]!;
    const { permissions } = this.schema.collections[collection]!;
    if (session === undefined || permissions === undefined) return true;
    // What a write permission looks at is read as anybody reads it, other rows of the same collection included.
    const expanding = operation === 'read' ? [...place.expanding, collection] : place.expanding;
    const truths = Object.entries(this.schema.roles ?? {}).flatMap(([role, { match }]) => {
      const filter = permissions[role]?.[operation]?.filter;
      const captured = capturedBy(match, session);
      if (filter === undefined || captured === undefined) return [];
      const variables = { ...place.variables, $role: captured };
      return [filter.length > 0 && this.#all(filter, { ...place, unscoped: 0, expanding, variables }, session)];
    });
    return truths.length === 0 ? operation === 'postUpdate' : truths.includes(true);
  }

  #all(filters: readonly Filter[], place: Place, session: Circumstances['session']): boolean {
    return filters.every((filter) => this.#holds(filter, place, session) !== false);
  }

  /** Undefined for a group with nothing in it, which counts as if it was not there. */
  #holds(filter: Filter, place: Place, session: Circumstances['session']): boolean | undefined {
    if (typeof filter === 'boolean') return filter;
    if (Array.isArray(filter)) return this.#holdsStatement(filter, place, session);
    if ('mod' in filter) {
      const truths = filter.filters
        .map((member) => this.#holds(member, place, session))
        .filter((truth) => truth !== undefined);
      if (truths.length === 0) return undefined;
      return filter.mod === 'and' ? truths.every(Boolean) : truths.some(Boolean);
    }
    const { exists } = filter;
    if ('collectionName' in exists)
      return this.#matching(exists.collectionName, exists.where ?? [], place, session).length > 0;
    const [name, rest] = splitPath(exists._extends);
    return this.#someRelated(name, place, session, (related) =>
      rest === ''
        ? this.#all(exists.where ?? [], related, session)
        : this.#holds({ exists: { ...exists, _extends: rest } }, related, session) !== false,
    );
  }

  #someRelated(
    name: string,
    place: Place,
    session: Circumstances['session'],
    test: (related: Place) => boolean,
  ): boolean {
    const { query } = this.#relation(place.rows[0]!.collection, name)!;
    const { collectionName, where = [] } = query;
    const outside: Place = { ...place, unscoped: 1 };
    return this.#matching(collectionName, where, outside, session).some((row) =>
      test(inside(outside, collectionName, row)),
    );
  }

  #holdsStatement([path, operator, value]: Statement, place: Place, session: Circumstances['session']): boolean {
    const { collection, row } = place.rows[0]!;
    const type = typeAt(typeOf(this.schema, collection), path);
    if (type === undefined) {
      const [name, rest] = splitPath(path);
      return this.#someRelated(name, place, session, (related) =>
        this.#holdsStatement([rest, operator, oneFurtherIn(value)], related, session),
      );
    }
    if (!isVariable(value)) return holds(at(row, path), operator, constant(value), type);
    const { scope, keys } = scopeOf(value, place.unscoped);
    if (typeof scope !== 'number') {
      return holds(at(row, path), operator, constant(at(place.variables[scope], keys.join('.'))), type);
    }
    return this.#someOperand(keys, { ...place, rows: place.rows.slice(scope) }, session, (operand, crossed) => {
      // A missing key must not match rows whose own key is missing too.
      if ((scope > 0 || crossed) && operator === '=' && isEmpty(operand)) return false;
      if (crossed && operator === '=' && isEmpty(at(row, path))) return false;
      return holds(at(row, path), operator, operand, type);
    });
  }

  /** The values that a variable's path leads to from a row: several when it crosses relations. */
  #someOperand(
    keys: readonly string[],
    owner: Place,
    session: Circumstances['session'],
    test: (operand: unknown, crossed: boolean) => boolean,
    crossed = false,
  ): boolean {
    const { collection, row } = owner.rows[0]!;
    const type = typeAt(typeOf(this.schema, collection), keys.join('.'));
    if (type !== undefined) {
      const operand = at(row, keys.join('.'));
      return test(
        type.type === 'set' && !isEmpty(operand) ? new Set(membersOf(operand, type.items!.type)) : operand,
        crossed,
      );
    }
    const [name, ...rest] = keys;
    return this.#someRelated(name!, owner, session, (related) => this.#someOperand(rest, related, session, test, true));
  }
}

/** What a role captures of the claims that it matches. */
function capturedBy(match: Record<string, string>, session: Row): Row | undefined {
  const captured: Row = {};
  for (const [claim, pattern] of Object.entries(match)) {
    if (session[claim] === undefined || (!pattern.startsWith('$') && session[claim] !== pattern)) return undefined;
    if (pattern.startsWith('$')) captured[pattern.slice(1)] = session[claim];
  }
  return captured;
}

function inside(place: Place, collection: string, row: Row): Place {
  return { ...place, rows: [{ collection, row }, ...place.rows], unscoped: 1 };
}

/** Without an order, the ids that a query lists itself give it one: those of its first statement of that kind. */
function listedIds(schema: NaiveSchema, where: readonly Filter[], place: Place): unknown[] | undefined {
  for (const filter of conjoined(where)) {
    if (!Array.isArray(filter) || filter[0] !== 'id' || (filter[1] !== '=' && filter[1] !== 'in')) continue;
    const [, , value] = filter;
    if (!isVariable(value)) return elements(constant(value));
    const { scope, keys } = scopeOf(value, place.unscoped);
    if (typeof scope === 'string') return elements(constant(at(place.variables[scope], keys.join('.'))));
    // What a row around this lists are ids as well, in no order of the query's. What is across a relation is not known.
    const owner = scope === 0 ? undefined : place.rows[scope - 1];
    if (owner !== undefined && typeAt(typeOf(schema, owner.collection), keys.join('.')) !== undefined) return undefined;
  }
  return undefined;
}

const elements = (value: unknown): unknown[] => (value instanceof Set ? [...(value as Set<unknown>)] : [value]);

function splitPath(path: string): [first: string, rest: string] {
  const [first = '', ...rest] = path.split('.');
  return [first, rest.join('.')];
}

/**
 * Each selected path at its place; what is absent stays absent, a null on the way stays null. Without a schema every
 * path is there, perhaps without a value.
 */
function selected(entity: Row, paths: readonly string[], everyPath: boolean): Row {
  const result: Row = {};
  const heads = [...new Set(paths.map((path) => splitPath(path)[0]))];
  for (const head of heads) {
    const value = Object.hasOwn(entity, head) ? entity[head] : undefined;
    const rests = paths.filter((path) => splitPath(path)[0] === head).map((path) => splitPath(path)[1]);
    if (rests.includes('') || value === null) result[head] = value;
    else if (typeof value === 'object') result[head] = selected(value as Row, rests, everyPath);
    else if (everyPath) result[head] = selected({}, rests, everyPath);
  }
  return result;
}
