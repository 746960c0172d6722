/**
 * Random queries, as an application writes them: filters of every kind at every depth, by attribute, by relation and by raw
 * subquery, with constants, variables and references to other rows; inclusions with clauses of their own; orders over
 * attributes and relations; limits, cursors and selections.
 */
import type { Filter, Inclusion, NaiveSchema, Query, Statement } from './naive-database.ts';
import { typeAt } from './naive-values.ts';
import type { NaiveType } from './naive-values.ts';
import type { Random } from './random.ts';
import { IDS, keyType, randomJson, randomValue } from './random-values.ts';
import { correlation, escaped, pathsOfType, sortable } from './random-schema.ts';

export const GLOBALS = { text: 'b', number: 2, ids: ['9', 'a'], day: new Date('2020-02-29T00:00:00.000Z') };

const MAX_DEPTH = 2;

/** The collections around a place, innermost first. */
type Around = readonly string[];

export function randomQuery(random: Random, schema: NaiveSchema): Query {
  const generator = new QueryGenerator(random, schema);
  const query = generator.query(random.pick(Object.keys(schema.collections)), []);
  if (random.chance(0.5)) query.vars = { text: 'a', number: 1, ids: ['10', 'b'], link: random.pick(['a', 'b']) };
  return query;
}

export class QueryGenerator {
  readonly #random: Random;
  readonly #schema: NaiveSchema;

  constructor(random: Random, schema: NaiveSchema) {
    this.#random = random;
    this.#schema = schema;
  }

  query(collection: string, around: Around): Query {
    const random = this.#random;
    const query: Query = { collectionName: collection, ...this.clauses(collection, around) };
    const isPlain = query.order?.every(([path]) => this.#typeOf(collection, path) !== undefined);
    if (isPlain === true && query.order!.length > 0 && random.chance(0.4)) {
      const values = query.order!.map(([path]) =>
        random.chance(0.15) ? null : randomScalar(random, this.#typeOf(collection, path)!),
      );
      query.after = [values, random.chance(0.5)];
    }
    return query;
  }

  /** What queries, relational inclusions and subqueries have in common. */
  clauses(collection: string, around: Around): Pick<Query, 'where' | 'order' | 'limit' | 'select' | 'include'> {
    const random = this.#random;
    const clauses: ReturnType<QueryGenerator['clauses']> = {};
    if (random.chance(0.75)) clauses.where = random.list(0, 3, () => this.filter(collection, around, 0, true));
    if (random.chance(0.5)) clauses.order = this.#order(collection);
    if (random.chance(0.35)) clauses.limit = random.integer(0, 3);
    if (random.chance(0.25)) clauses.select = this.#select(collection);
    if (around.length < MAX_DEPTH && random.chance(around.length === 0 ? 0.5 : 0.3)) {
      const entries = random
        .list(1, 2, () => this.#inclusion(collection, around))
        .filter((entry) => entry !== undefined);
      clauses.include = Object.fromEntries(entries);
    }
    return clauses;
  }

  /** `listed`: a list of ids may stand in any order, for at the top it orders the result. */
  filter(collection: string, around: Around, depth: number, listed = false): Filter {
    const random = this.#random;
    return random.weighted<Filter>([
      [6, () => this.statement(collection, around, listed)],
      [2, () => this.#relationPath(collection, around)],
      [0.4, () => random.chance(0.7)],
      [
        depth < 2 ? 2 : 0,
        () => ({
          mod: random.pick(['and', 'or', 'or'] as const),
          filters: random.list(0, 3, () => this.filter(collection, around, depth + 1)),
        }),
      ],
      [depth + around.length < 3 ? 1 : 0, () => this.#exists(collection, around, depth)],
      [depth + around.length < 3 ? 1 : 0, () => this.#relationExists(collection, around, depth)],
    ]);
  }

  /** About one attribute of the row itself. */
  statement(collection: string, around: Around, listed = false): Statement {
    const random = this.#random;
    const { schema } = this.#schema.collections[collection]!;
    if (random.chance(0.15)) {
      const ids = random.some(IDS, 0, 3);
      return random.weighted<Statement>([
        [1, () => ['id', '=', random.pick(IDS)]],
        [1, () => ['id', 'in', listed ? ids : ids.sort()]],
        [1, () => ['id', 'nin', ids]],
        [1, () => ['id', random.pick(['!=', '>', '<=']), random.pick(IDS)]],
        [0.3, () => ['id', 'in', random.pick(['$session.ids', '$global.ids'])]],
      ]);
    }
    if (random.chance(0.2)) {
      const reference = this.#reference(collection, around);
      if (reference !== undefined) return reference;
    }
    return this.#comparison(schema, random.pick(comparable(schema)));
  }

  #comparison(schema: NaiveType, path: string): Statement {
    const random = this.#random;
    const shape = typeAt(schema, path)!;
    // Any operator and value will do where nothing tells what there should be; but the text of an object, which a pattern
    // would look at, is nobody's contract.
    const type: NaiveType = this.#schema.schemaless === true ? { type: 'any' } : shape;
    const operator = random.pick(operatorsOf(type, path));
    const isComparable = shape.type !== 'record' && random.chance(0.5);
    return [path, operator, this.#operand(isComparable ? shape : type, operator)];
  }

  #operand(type: NaiveType, operator: string): unknown {
    const random = this.#random;
    const scalar = type.type === 'set' ? type.items! : type;
    if (operator === 'isDefined') return random.chance(0.5);
    if (operator === 'like' || operator === 'nlike') return random.pick(['%a%', 'a_', '_', '%', 'A%', 'b', 'É']);
    if (operator === 'in' || operator === 'nin') {
      if (scalar.type === 'string' && random.chance(0.15))
        return random.pick(['$global.ids', '$query.ids', '$session.ids']);
      // Elements of a list are never variables.
      const list = random.list(0, 3, () => unescaped(randomScalar(random, scalar)));
      return random.chance(0.1) ? [...list, null] : random.chance(0.2) ? new Set(list) : list;
    }
    if (random.chance(0.12)) return null;
    if (random.chance(0.15)) {
      if (scalar.type === 'string')
        return random.pick(['$global.text', '$query.text', '$session.sub', '$session.none', '$token.sub']);
      if (scalar.type === 'number') return random.pick(['$global.number', '$query.number']);
      if (scalar.type === 'date') return '$global.day';
    }
    if (scalar.type === 'json' || scalar.type === 'any')
      return random.chance(0.3) ? escaped(randomJson(random)) : randomScalar(random, scalar);
    const value = randomScalar(random, scalar);
    return value instanceof Date && random.chance(0.5) ? value.toISOString() : value;
  }

  /** Compares with an attribute of the row itself or of one around it, perhaps across a relation. */
  #reference(collection: string, around: Around): Statement | undefined {
    const random = this.#random;
    const scopes = [collection, ...around];
    const scope = random.integer(0, scopes.length - 1);
    const owner = scopes[scope]!;
    const { schema } = this.#schema.collections[collection]!;
    const prefix = scope === 1 && random.chance(0.3) ? '$' : `$${scope}.`;
    if (random.chance(0.7)) return correlation(random, this.#schema.collections[owner]!.schema, schema, prefix);
    const relations = Object.entries(this.#schema.collections[owner]!.relationships ?? {});
    if (relations.length === 0) return undefined;
    const [relation, { query }] = random.pick(relations);
    const target = this.#schema.collections[query.collectionName]!.schema;
    const found = correlation(random, target, schema, `$${scope}.${relation}.`);
    return found !== undefined && isFlippable(found, schema) ? found : undefined;
  }

  #relationPath(collection: string, around: Around): Filter {
    const random = this.#random;
    const hops: string[] = [];
    let target = collection;
    for (let hop = 0; hop < 3; hop++) {
      const relations = Object.entries(this.#schema.collections[target]!.relationships ?? {});
      if (relations.length === 0 || (hop > 0 && random.chance(0.6))) break;
      const [relation, { query }] = random.pick(relations);
      hops.push(relation);
      target = query.collectionName;
    }
    // A reference counts the rows around the statement as it stands, whatever the path on its left: it is not the
    // related row's own.
    const statement =
      hops.length > 0 && random.chance(0.3)
        ? correlation(
            random,
            this.#schema.collections[collection]!.schema,
            this.#schema.collections[target]!.schema,
            '$0.',
          )
        : this.#comparison(
            this.#schema.collections[target]!.schema,
            random.pick(comparable(this.#schema.collections[target]!.schema)),
          );
    if (statement === undefined || hops.length === 0) return this.statement(collection, around);
    return [[...hops, statement[0]].join('.'), statement[1], statement[2]];
  }

  #exists(collection: string, around: Around, depth: number): Filter {
    const random = this.#random;
    const target = random.pick(Object.keys(this.#schema.collections));
    const inside = [collection, ...around];
    const where = random.list(0, 2, () => this.filter(target, inside, depth + 1));
    const ties = random
      .list(0, 2, () => {
        const scope = random.integer(1, inside.length);
        return correlation(
          random,
          this.#schema.collections[inside[scope - 1]!]!.schema,
          this.#schema.collections[target]!.schema,
          `$${scope}.`,
        );
      })
      .filter((tie) => tie !== undefined);
    return { exists: { collectionName: target, where: random.shuffled([...ties, ...where]) } };
  }

  #relationExists(collection: string, around: Around, depth: number): Filter {
    const random = this.#random;
    const relations = Object.entries(this.#schema.collections[collection]!.relationships ?? {});
    if (relations.length === 0) return this.statement(collection, around);
    const [first, { query }] = random.pick(relations);
    const further = Object.entries(this.#schema.collections[query.collectionName]!.relationships ?? {});
    if (further.length > 0 && random.chance(0.3)) {
      const [second, { query: last }] = random.pick(further);
      const inside = [query.collectionName, collection, ...around];
      return {
        exists: {
          _extends: `${first}.${second}`,
          where: random.list(0, 1, () => this.filter(last.collectionName, inside, depth + 1)),
        },
      };
    }
    const inside = [collection, ...around];
    if (random.chance(0.3)) return { exists: { _extends: first } };
    return {
      exists: { _extends: first, where: random.list(0, 2, () => this.filter(query.collectionName, inside, depth + 1)) },
    };
  }

  #order(collection: string): NonNullable<Query['order']> {
    const random = this.#random;
    const { schema, relationships = {} } = this.#schema.collections[collection]!;
    const single = Object.entries(relationships).filter(([, { cardinality }]) => cardinality === 'one');
    const paths = random.list(1, 2, () => {
      if (single.length === 0 || random.chance(0.6)) return random.pick(sortable(schema));
      const [relation, { query }] = random.pick(single);
      const target = this.#schema.collections[query.collectionName]!;
      const further = Object.entries(target.relationships ?? {}).filter(([, { cardinality }]) => cardinality === 'one');
      if (further.length > 0 && random.chance(0.4)) {
        const [next, { query: last }] = random.pick(further);
        return `${relation}.${next}.${random.pick(sortable(this.#schema.collections[last.collectionName]!.schema))}`;
      }
      return `${relation}.${random.pick(sortable(target.schema))}`;
    });
    return [...new Set(paths)].map((path) => [path, random.pick(['ASC', 'DESC'] as const)]);
  }

  #select(collection: string): string[] {
    const { schema } = this.#schema.collections[collection]!;
    return this.#random.some([...comparable(schema), ...Object.keys(schema.properties!)], 0, 4);
  }

  #inclusion(collection: string, around: Around): [alias: string, inclusion: Inclusion] | undefined {
    const random = this.#random;
    const inside = [collection, ...around];
    const relations = Object.entries(this.#schema.collections[collection]!.relationships ?? {});
    if (relations.length > 0 && random.chance(0.75)) {
      const [relation, { query }] = random.pick(relations);
      if (random.chance(0.4)) return [relation, random.pick([true, null])];
      return [
        random.chance(0.5) ? relation : 'other',
        { _extends: relation, ...this.clauses(query.collectionName, inside) },
      ];
    }
    const target = random.pick(Object.keys(this.#schema.collections));
    const subquery = this.query(target, inside);
    const tie = correlation(
      random,
      this.#schema.collections[collection]!.schema,
      this.#schema.collections[target]!.schema,
      '$1.',
    );
    if (tie !== undefined) subquery.where = [tie, ...(subquery.where ?? [])];
    return ['raw', { subquery, cardinality: random.pick(['one', 'many'] as const) }];
  }

  #typeOf(collection: string, path: string): NaiveType | undefined {
    return typeAt(this.#schema.collections[collection]!.schema, path);
  }
}

/** The paths that a statement may be about. */
export function comparable(schema: NaiveType): string[] {
  const json = pathsOfType(schema, 'json').flatMap((path) => [
    path,
    ...['name', 'size', 'list', 'list.0', 'deep.a'].map((key) => `${path}.${key}`),
  ]);
  return [
    ...['string', 'number', 'boolean', 'date', 'set', 'record'].flatMap((type) => pathsOfType(schema, type)),
    ...json,
  ];
}

const COMPARISONS = ['=', '!=', '<', '<=', '>', '>='];
const scalarOperators: Record<string, string[]> = {
  string: [...COMPARISONS, 'in', 'nin', 'like', 'nlike'],
  number: [...COMPARISONS, 'in', 'nin'],
  boolean: COMPARISONS,
  date: COMPARISONS,
  json: [...COMPARISONS, 'in', 'nin', 'has', '!has'],
  any: [...COMPARISONS, 'in', 'nin', 'has', '!has'],
  record: ['isDefined'],
};

function operatorsOf(type: NaiveType, path: string): string[] {
  if (type.type === 'set') return [...scalarOperators[type.items!.type]!, 'has', 'has', '!has', '!has', 'isDefined'];
  // Patterns only where random json has scalars: the text of an object is nobody's contract.
  if (type.type === 'json' && path.endsWith('.name'))
    return [...scalarOperators['json']!, 'like', 'nlike', 'isDefined'];
  return [...scalarOperators[type.type]!, 'isDefined'];
}

function randomScalar(random: Random, type: NaiveType): unknown {
  if (type.type === 'json' || type.type === 'any') return escaped(random.pick(['a', 'b', 1, 2, true, '1', 'true']));
  if (type === keyType) return random.pick(IDS);
  return escaped(randomValue(random, type));
}

const unescaped = (value: unknown): unknown => (typeof value === 'string' ? value.replace(/^\$\$/, '$') : value);

/** Comparisons across a relation are turned around, and not every operator can be. */
function isFlippable([path, operator]: Statement, schema: NaiveType): boolean {
  const type = typeAt(schema, path);
  return type?.type === 'set' ? ['has', '!has'].includes(operator) : operator !== 'like' && operator !== 'nlike';
}
