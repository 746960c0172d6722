/** Random roles and permissions: to read, and to write in every way, by attributes, claims, relations and what was there before. */
import type { Collection, Filter, NaiveSchema, WriteOperation } from './naive-database.ts';
import type { Random } from './random.ts';
import { correlation, pathsOfType, randomConstant } from './random-schema.ts';

type Permissions = NonNullable<Collection['permissions']>;

export function addPermissions(random: Random, schema: NaiveSchema): void {
  schema.roles = { user: { match: { sub: '$id' } }, team: { match: { team: '$team', level: 'high' } } };
  for (const name of random.some(Object.keys(schema.collections), 1, 3)) {
    const permissions: Permissions = {};
    for (const role of ['user', 'team']) {
      if (random.chance(role === 'user' ? 0.9 : 0.4)) {
        permissions[role] = {
          read: { filter: random.list(random.chance(0.9) ? 1 : 0, 2, () => permission(random, schema, name)) },
          ...writePermissions(random, schema, name),
        };
      }
    }
    schema.collections[name]!.permissions = permissions;
  }
}

/** Often generous, or nothing would ever be accepted. */
function writePermissions(random: Random, schema: NaiveSchema, name: string): Permissions[string] {
  const texts = pathsOfType(schema.collections[name]!.schema, 'string');
  const filter = (operation: WriteOperation): Filter =>
    random.weighted<Filter>([
      [4, () => permission(random, schema, name)],
      [
        operation === 'delete' ? 0.2 : 2,
        () => [random.pick(texts), random.pick(['=', '=', '!=', '<=']), `$prev.${random.pick(texts)}`],
      ],
      [operation === 'postUpdate' ? 2 : 0.5, () => unchanged(random.pick(texts))],
    ]);
  const operations = (['insert', 'update', 'postUpdate', 'delete'] as const)
    .filter((operation) => random.chance(operation === 'postUpdate' ? 0.4 : 0.85))
    .map((operation) => {
      const filters = random.chance(0.45)
        ? [true]
        : random.list(random.chance(0.95) ? 1 : 0, 2, () => filter(operation));
      return [operation, { filter: filters }] as const;
    });
  return Object.fromEntries(operations);
}

const unchanged = (path: string): Filter => [path, '=', `$prev.${path}`];

function permission(random: Random, schema: NaiveSchema, name: string, depth = 0): Filter {
  const { schema: type, relationships = {} } = schema.collections[name]!;
  const relations = Object.entries(relationships);
  const texts = pathsOfType(type, 'string');
  const sets = pathsOfType(type, 'set', 'string');
  return random.weighted<Filter>([
    [3, () => [random.pick(texts), '=', random.pick(['$role.id', '$session.sub', '$token.team', '$query.link'])]],
    [sets.length > 0 ? 2 : 0, () => [random.pick(sets), random.pick(['has', '!has']), '$role.id']],
    [2, () => randomConstant(random, type)],
    [1, () => ['id', 'in', '$session.ids']],
    [0.5, () => true],
    [1, () => [random.pick(texts), random.pick(['=', '<=']), random.pick(['$', '$0.']) + random.pick(texts)]],
    [
      depth < 2 ? 2 : 0,
      () => ({
        mod: random.pick(['and', 'or', 'or'] as const),
        filters: random.list(1, 3, () => permission(random, schema, name, depth + 1)),
      }),
    ],
    [
      relations.length > 0 ? 3 : 0,
      () => {
        const [relation, { query }] = random.pick(relations);
        const target = schema.collections[query.collectionName]!.schema;
        return random.weighted<Filter>([
          [
            2,
            () => [
              `${relation}.${random.pick(pathsOfType(target, 'string'))}`,
              '=',
              random.pick(['$role.id', '$id', '$0.id']),
            ],
          ],
          [1, () => ({ exists: { _extends: relation, where: [randomConstant(random, target)] } })],
          [1, () => ({ exists: { _extends: relation } })],
        ]);
      },
    ],
    [
      1,
      () => {
        const other = random.pick(Object.keys(schema.collections));
        const statement = correlation(random, type, schema.collections[other]!.schema, '$1.');
        return { exists: { collectionName: other, where: statement === undefined ? [] : [statement] } };
      },
    ],
  ]);
}
