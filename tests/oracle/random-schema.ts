/**
 * Random schemas, put together from named pieces: attributes of every type, relations of every sort (by id, inverse, by set
 * membership both ways, by range, by inequality, by several correlations, to itself, with order and limit, uncorrelated,
 * through another relation). A schema is plain JSON.
 */
import type { Collection, Filter, NaiveSchema, Query, Relation } from './naive-database.ts';
import { typeAt } from './naive-values.ts';
import type { NaiveType } from './naive-values.ts';
import type { Random } from './random.ts';
import { addPermissions } from './random-permissions.ts';
import { keyType, randomValue } from './random-values.ts';

const NAMES = ['ants', 'bees', 'cats'] as const;

const attributePieces: Record<string, NaiveType> = {
  text: { type: 'string', config: {} },
  kind: { type: 'string', config: { enum: ['x', 'y', 'z'] } },
  rank: { type: 'number', config: {} },
  done: { type: 'boolean', config: {} },
  due: { type: 'date', config: {} },
  meta: { type: 'json', config: {} },
  tags: { type: 'set', items: { type: 'string', config: {} }, config: {} },
  nums: { type: 'set', items: { type: 'number', config: {} }, config: {} },
  flags: { type: 'set', items: { type: 'boolean', config: {} }, config: {} },
  days: { type: 'set', items: { type: 'date', config: {} }, config: {} },
  place: {
    type: 'record',
    config: {},
    properties: {
      city: { type: 'string', config: {} },
      floor: { type: 'number', config: { optional: true } },
      keys: { type: 'set', items: { type: 'string', config: {} }, config: { nullable: true } },
      inner: { type: 'record', config: { optional: true }, properties: { day: { type: 'date', config: {} } } },
    },
  },
};
const defaults: Record<string, unknown> = {
  text: 'b',
  kind: 'x',
  rank: 2,
  done: true,
  tags: ['a'],
  meta: { name: 'a' },
};

export const idOf = (target: string): string => `${target}Id`;
export const idsOf = (target: string): string => `${target}Ids`;

export function randomSchema(
  random: Random,
  { restricted, schemaless }: { restricted: boolean; schemaless: boolean },
): NaiveSchema {
  const names = NAMES.slice(0, random.integer(1, 3));
  const collections: Record<string, Collection> = {};
  for (const name of names) collections[name] = { schema: randomAttributes(random, names), relationships: {} };
  // Relations belong to a schema.
  if (schemaless) return { schemaless, collections };
  for (const name of names) addRelations(random, collections, name);
  const schema: NaiveSchema = { collections };
  if (restricted) addPermissions(random, schema);
  return schema;
}

function randomAttributes(random: Random, names: readonly string[]): NaiveType {
  const properties: Record<string, NaiveType> = { id: keyType };
  for (const piece of random.some(Object.keys(attributePieces), 2, 6)) {
    properties[piece] = randomlyOptional(random, attributePieces[piece]!, defaults[piece]);
  }
  for (const target of names) {
    if (random.chance(0.6)) properties[idOf(target)] = randomlyOptional(random, keyType, undefined);
    if (random.chance(0.35)) {
      properties[idsOf(target)] = randomlyOptional(random, { type: 'set', items: keyType, config: {} }, undefined);
    }
  }
  return { type: 'record', config: {}, properties };
}

function randomlyOptional(random: Random, type: NaiveType, byDefault: unknown): NaiveType {
  return random.weighted<NaiveType>([
    [4, () => type],
    [2, () => ({ ...type, config: { ...type.config, optional: true } })],
    [1, () => ({ ...type, config: { ...type.config, nullable: true } })],
    [1, () => (byDefault === undefined ? type : { ...type, config: { ...type.config, default: byDefault } })],
  ]);
}

/** The attributes of a collection that have the type (and item type), as paths; json paths count for scalars. */
export function pathsOfType(schema: NaiveType, wanted: string, items?: string): string[] {
  const paths: string[] = [];
  const visit = (type: NaiveType, prefix: string): void => {
    for (const [name, property] of Object.entries(type.properties!)) {
      const path = prefix + name;
      if (property.type === 'record') visit(property, `${path}.`);
      if (property.type === wanted && (items === undefined || property.items?.type === items)) paths.push(path);
    }
  };
  visit(schema, '');
  return paths;
}

function addRelations(random: Random, collections: Record<string, Collection>, name: string): void {
  const from = collections[name]!;
  const sorts: (() => [label: string, relation: Relation] | undefined)[] = [];
  for (const [target, to] of Object.entries(collections)) {
    const has = (type: NaiveType, attribute: string): boolean => attribute in type.properties!;
    const many = (label: string, ...where: Filter[]): [string, Relation] => [
      `${label}${capital(target)}`,
      { query: { collectionName: target, where }, cardinality: 'many' },
    ];
    if (has(from.schema, idOf(target))) {
      sorts.push(() => [
        `its${capital(target)}`,
        { query: { collectionName: target, where: [['id', '=', `$${idOf(target)}`]] }, cardinality: 'one' },
      ]);
    }
    if (has(to.schema, idOf(name))) sorts.push(() => many('back', [idOf(name), '=', random.pick(['$id', '$1.id'])]));
    if (has(from.schema, idsOf(target))) sorts.push(() => many('listed', ['id', 'in', `$${idsOf(target)}`]));
    if (has(to.schema, idsOf(name))) sorts.push(() => many('listing', [idsOf(name), random.pick(['has', '=']), '$id']));
    for (let turn = 0; turn < 3; turn++) {
      sorts.push(() => {
        const where = random
          .list(1, 2, () => correlation(random, from.schema, to.schema))
          .filter((filter) => filter !== undefined);
        return where.length === 0 ? undefined : many(['near', 'far', 'odd'][turn]!, ...where);
      });
    }
    sorts.push(() => many('some', randomConstant(random, to.schema)));
    sorts.push(() => {
      const known = Object.entries(to.relationships ?? {});
      if (known.length === 0) return undefined;
      const [relation, { query }] = random.pick(known);
      const condition = randomConstant(random, collections[query.collectionName]!.schema);
      return many('through', [`${relation}.${condition[0]}`, condition[1], condition[2]]);
    });
  }
  for (const sort of random.some(sorts, 1, 5)) {
    const made = sort();
    if (made === undefined) continue;
    const [label, relation] = made;
    from.relationships![label] = random.chance(0.3) ? ordered(random, collections, relation) : relation;
  }
}

function ordered(random: Random, collections: Record<string, Collection>, { query, cardinality }: Relation): Relation {
  const { schema } = collections[query.collectionName]!;
  const order: Query['order'] = [[random.pick(sortable(schema)), random.pick(['ASC', 'DESC'] as const)]];
  return random.chance(0.5)
    ? { query: { ...query, order }, cardinality: random.pick([cardinality, 'one'] as const) }
    : { query: { ...query, order, limit: random.integer(1, 2) }, cardinality };
}

export function sortable(schema: NaiveType): string[] {
  const json = pathsOfType(schema, 'json').flatMap((path) => [path, `${path}.name`, `${path}.size`]);
  return ['string', 'number', 'boolean', 'date'].flatMap((type) => pathsOfType(schema, type)).concat(json);
}

/** A statement about a row of one schema that refers to a row of another, through `prefix`. */
export function correlation(
  random: Random,
  outer: NaiveType,
  inner: NaiveType,
  prefix = '$',
): [string, string, string] | undefined {
  const type = random.pick(['string', 'string', 'number', 'date', 'boolean']);
  const [left, right] = [pathsOfType(inner, type), pathsOfType(outer, type)];
  const comparison = (): [string, string, string] | undefined =>
    left.length === 0 || right.length === 0
      ? undefined
      : [random.pick(left), random.pick(['=', '=', '!=', '<', '<=', '>', '>=']), prefix + random.pick(right)];
  const outerSets = pathsOfType(outer, 'set', type);
  const innerSets = pathsOfType(inner, 'set', type);
  return random.weighted<[string, string, string] | undefined>([
    [4, comparison],
    [
      outerSets.length * left.length > 0 && (type === 'string' || type === 'number') ? 2 : 0,
      () => [random.pick(left), random.pick(['in', 'in', 'nin']), prefix + random.pick(outerSets)],
    ],
    [
      innerSets.length * right.length > 0 ? 2 : 0,
      () => [random.pick(innerSets), random.pick(['has', '=', '!has', '!=', '<']), prefix + random.pick(right)],
    ],
    [
      innerSets.length * outerSets.length > 0 && (type === 'string' || type === 'number') ? 1 : 0,
      () => [random.pick(innerSets), random.pick(['in', 'nin']), prefix + random.pick(outerSets)],
    ],
  ]);
}

/** A statement of a row with a constant. */
export function randomConstant(random: Random, schema: NaiveType): [string, string, unknown] {
  const path = random.pick(sortable(schema));
  const value = randomValue(random, typeAt(schema, path)!);
  return [path, random.pick(['=', '!=', '<', '>=']), escaped(value)];
}

export const escaped = (value: unknown): unknown =>
  typeof value === 'string' && value.startsWith('$') ? `$${value}` : value;

export const capital = (name: string): string => name[0]!.toUpperCase() + name.slice(1);
