import { describe, expect, it, test } from 'vitest';
import type { CollectionQuery, Filter, PreparedQuery } from '../ast/query.ts';
import { exists } from '../query/filters.ts';
import { extendForSync } from '../query/extend-for-sync.ts';
import { Schema as S } from '../schema/builder.ts';
import type { CollectionPermissions, DBSchema } from '../schema/types.ts';
import { MAX_PERMISSION_DEPTH } from './permit-query.ts';
import { prepareQuery } from './prepare-query.ts';
import { DBSession } from './session.ts';
import { writePermissionFilter } from './write-permission.ts';

const roles = {
  user: { match: { sub: '$userId' } },
  admin: { match: { admin: true } },
};
type Permissions = Record<string, CollectionPermissions>;

/** docs → owner → users, docs → parent → docs, users → docs. */
function schemaWith(permissions: { docs?: Permissions; users?: Permissions }): DBSchema {
  return {
    roles,
    collections: {
      docs: {
        schema: S.Schema({
          id: S.Id(),
          owner: S.String(),
          editor: S.String(),
          text: S.String(),
          parentId: S.String(),
          readers: S.Set(S.String()),
        }),
        relationships: {
          ownerUser: S.RelationById('users', '$owner'),
          parent: S.RelationById('docs', '$parentId'),
        },
        ...(permissions.docs && { permissions: permissions.docs }),
      },
      users: {
        schema: S.Schema({ id: S.Id(), name: S.String(), team: S.String(), hidden: S.Boolean() }),
        relationships: { docs: S.RelationMany('docs', { where: [['owner', '=', '$id']] }) },
        ...(permissions.users && { permissions: permissions.users }),
      },
    },
  };
}
const read = (...filter: Filter[]): Permissions => ({ user: { read: { filter } } });

function prepare(
  permissions: { docs?: Permissions; users?: Permissions },
  query: Partial<CollectionQuery> = {},
  claims: Record<string, unknown> | null = { sub: 'me' },
  extend?: (query: PreparedQuery) => PreparedQuery,
): PreparedQuery {
  const schema = schemaWith(permissions);
  const session = claims ? new DBSession(() => schema, claims) : undefined;
  const variables = { $global: {}, $session: claims ?? {} };
  return prepareQuery({ collectionName: 'docs', ...query }, schema.collections, variables, session, {
    applyPermission: 'read',
    extend,
  });
}

const mine = ['owner', '=', '$role.userId'] as const;
const isMine = ['owner', '=', 'me'];
const visible = ['hidden', '=', false] as const;

describe('reading a collection', () => {
  it('is free when it has no permissions', () => {
    expect(prepare({}).where).toBeUndefined();
    expect(prepare({}, {}, null).where).toBeUndefined();
  });

  it('is limited to what the role allows', () => {
    expect(prepare({ docs: read(mine) }).where).toEqual([isMine]);
    expect(prepare({ docs: read(mine) }, { where: [['text', '=', 'x']] }).where).toEqual([['text', '=', 'x'], isMine]);
  });

  it('is limited to what the roles allow together', () => {
    const docs = {
      user: { read: { filter: [mine, visibleText] } },
      admin: { read: { filter: [['text', '=', 'a']] } },
    } as const;
    expect(prepare({ docs }, {}, { sub: 'me', admin: true }).where).toEqual([
      { mod: 'or', filters: [{ mod: 'and', filters: [isMine, visibleText] }, ['text', '=', 'a']] },
    ]);
  });
  const visibleText = ['text', '!=', 'secret'] as const;

  it('is unlimited when one role may read everything', () => {
    const docs: Permissions = { user: { read: { filter: [mine] } }, admin: { read: { filter: [true] } } };
    expect(prepare({ docs }, {}, { sub: 'me', admin: true }).where).toEqual([true]);
  });

  test.each<[string, Permissions, Record<string, unknown> | null]>([
    ['no role matches', read(true), {}],
    ['there is no session', read(true), null],
    ['the collection is closed', {}, { sub: 'me' }],
    ['the role has other operations only', { user: { insert: { filter: [true] } } }, { sub: 'me' }],
    ['the filter is empty', read(), { sub: 'me' }],
    ['the filter is false', read(false), { sub: 'me' }],
    ['the permission has no filter', { user: { read: {} } }, { sub: 'me' }],
    ['the filter is null', { user: { read: { filter: null as never } } }, { sub: 'me' }],
    ['the role is named without permissions', { user: undefined as never }, { sub: 'me' }],
  ])('is denied when %s', (_, docs, claims) => {
    expect(prepare({ docs }, {}, claims).where).toEqual([false]);
  });

  it('cannot be configured by something other than a list of filters', () => {
    expect(() => prepare({ docs: { user: { read: { filter: true as never } } } })).toThrow(
      expect.objectContaining({
        name: 'InvalidFilterError',
        message: expect.stringContaining("The read permission of role 'user' on collection 'docs' must be an array"),
      }),
    );
  });

  it('knows no row before, which only a write has', () => {
    expect(prepare({ docs: read(['owner', '=', '$prev.owner']) }).where).toEqual([['owner', '=', undefined]]);
  });

  it('may depend on session and query variables', () => {
    const docs = read(['editor', '=', '$token.org.lead'], ['text', '=', '$query.link']);
    expect(prepare({ docs }, { vars: { link: 'L' } }, { sub: 'me', org: { lead: 'boss' } }).where).toEqual([
      ['editor', '=', 'boss'],
      ['text', '=', 'L'],
    ]);
  });

  it('takes claims as data, never as variables', () => {
    expect(prepare({ docs: read(mine) }, {}, { sub: '$0.owner' }).where).toEqual([['owner', '=', '$$0.owner']]);
  });

  it('compares attributes of one row', () => {
    expect(prepare({ docs: read(['owner', '=', '$editor']) }).where).toEqual([['owner', '=', '$0.editor']]);
    expect(prepare({ docs: read(['ownerUser.team', '=', '$editor']) }).where).toEqual([
      {
        exists: {
          collectionName: 'users',
          where: [
            ['id', '=', '$1.owner'],
            ['team', '=', '$1.editor'],
          ],
        },
      },
    ]);
  });

  it('prefixes operators on sets', () => {
    expect(prepare({ docs: read(['readers', '=', '$role.userId']) }).where).toEqual([['readers', 'SET_=', 'me']]);
  });
});

/** Collections that may be read when those that `targets` names have something, and written the same way. */
function collectionsOf(count: number, targets: (index: number) => number[]): DBSchema['collections'] {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => {
      const relations = targets(index).map((to) => [`r${to}`, S.RelationById(`c${to}`, '$key')] as const);
      const filter = relations.length === 0 ? [true] : relations.map(([name]) => exists(name) as Filter);
      return [
        `c${index}`,
        {
          schema: S.Schema({ id: S.Id(), key: S.String() }),
          relationships: Object.fromEntries(relations),
          permissions: { user: { read: { filter }, insert: { filter } } },
        },
      ];
    }),
  );
}
const chain = (count: number) => collectionsOf(count, (index) => (index + 1 < count ? [index + 1] : []));
const allToAll = (count: number) =>
  collectionsOf(count, (index) => Array.from({ length: count }, (_, to) => to).filter((to) => to !== index));

describe('everything that a query reads on the way is limited too', () => {
  const permissions = { users: read(visible) };
  const visibleOwner = { collectionName: 'users', where: [['id', '=', '$1.owner'], visible] };

  test.each<[string, Partial<CollectionQuery>, unknown]>([
    ['an inclusion by name', { include: { ownerUser: true } }, { include: { ownerUser: { subquery: visibleOwner } } }],
    [
      'an extended inclusion',
      { include: { o: { _extends: 'ownerUser', limit: 1 } } },
      { include: { o: { subquery: visibleOwner } } },
    ],
    [
      'an ad-hoc inclusion inside an inclusion',
      {
        include: {
          all: {
            subquery: {
              collectionName: 'docs',
              include: { us: { subquery: { collectionName: 'users' }, cardinality: 'many' } },
            },
            cardinality: 'many',
          },
        },
      },
      { include: { all: { subquery: { include: { us: { subquery: { where: [visible] } } } } } } },
    ],
    [
      'a filter over a relation',
      { where: [['ownerUser.name', '=', 'x']] },
      {
        where: [{ exists: { where: [['id', '=', '$1.owner'], ['name', '=', 'x'], visible] } }],
      },
    ],
    [
      'exists in a group',
      { where: [{ mod: 'or', filters: [exists('ownerUser'), ['text', '=', 'x']] }] },
      {
        where: [{ mod: 'or', filters: [{ exists: visibleOwner }, ['text', '=', 'x']] }],
      },
    ],
    [
      'exists inside exists',
      { where: [exists('parent.ownerUser')] },
      {
        where: [{ exists: { collectionName: 'docs', where: [['id', '=', '$1.parentId'], { exists: visibleOwner }] } }],
      },
    ],
    [
      'an order over a relation',
      { order: [['ownerUser.name', 'ASC']] },
      {
        order: [['ownerUser.name', 'ASC', { subquery: visibleOwner }]],
      },
    ],
    [
      'a later step of an order',
      { order: [['parent.ownerUser.name', 'ASC']] },
      {
        order: [['parent.ownerUser.name', 'ASC', { subquery: { include: { ownerUser: { subquery: visibleOwner } } } }]],
      },
    ],
    [
      'exists inside an inclusion',
      { include: { parent: { _extends: 'parent', where: [exists('ownerUser')] } } },
      {
        include: { parent: { subquery: { where: [['id', '=', '$1.parentId'], { exists: visibleOwner }] } } },
      },
    ],
  ])('%s', (_, query, expected) => {
    expect(prepare(permissions, query)).toMatchObject(expected as object);
  });

  it('a closed collection never exists', () => {
    expect(prepare({ users: {} }, { where: [exists('ownerUser')] }).where).toEqual([false]);
    expect(prepare({ users: {} }, { include: { ownerUser: true } }).include?.['ownerUser']?.subquery.where).toEqual([
      false,
    ]);
  });

  it('the same collection again, in a subquery of the user', () => {
    const parent = { collectionName: 'docs', where: [['id', '=', '$1.parentId'], isMine] };
    const prepared = prepare({ docs: read(mine) }, { where: [exists('parent')], include: { parent: true } });
    expect(prepared.where).toEqual([{ exists: parent }, isMine]);
    expect(prepared.include?.['parent']?.subquery).toEqual(parent);
  });

  it('relations inside a permission', () => {
    const docs = read(['ownerUser.name', '=', 'x']);
    expect(prepare({ docs, users: read(visible) }).where).toEqual([
      { exists: { collectionName: 'users', where: [['id', '=', '$1.owner'], ['name', '=', 'x'], visible] } },
    ]);
  });

  it('permissions that refer to each other end', () => {
    const prepared = prepare({ docs: read(exists('ownerUser')), users: read(exists('docs')) });
    expect(prepared.where).toEqual([
      {
        exists: {
          collectionName: 'users',
          where: [['id', '=', '$1.owner'], { exists: { collectionName: 'docs', where: [['owner', '=', '$1.id']] } }],
        },
      },
    ]);
    expect(prepare({ docs: read(exists('parent.parent')) }).where).toHaveLength(1);
  });

  it('permissions that lead through too many collections, or multiply, are refused in words', () => {
    const readFirst = (collections: DBSchema['collections']) => {
      const session = new DBSession(() => ({ roles, collections }), { sub: 'me' });
      return prepareQuery({ collectionName: 'c0' }, collections, {}, session, { applyPermission: 'read' });
    };
    expect(() => readFirst(collectionsOf(2000, (index) => [(index + 1) % 2000]))).toThrow(
      /The read permissions of more than 32 collections depend on each other, at 'c32'/,
    );
    expect(() => readFirst(allToAll(9))).toThrow(/more than 10000 subqueries with its permissions/);
    expect(readFirst(collectionsOf(30, (index) => [(index + 1) % 30])).where).toHaveLength(1);
    expect(readFirst(chain(MAX_PERMISSION_DEPTH)).where).toHaveLength(1);
    expect(() => readFirst(chain(MAX_PERMISSION_DEPTH + 1))).toThrow(/at 'c32'/);
  });

  it('rows that are sent along for sync, without those that only a permission needs', () => {
    const permissions = { docs: read(exists('parent')), users: read(visible) };
    const query = { where: [exists('ownerUser')], order: [['parent.text', 'ASC']] } as const;
    const { include } = prepare(permissions, query, { sub: 'me' }, extendForSync);
    expect(Object.keys(include ?? {})).toEqual(['parent.text', '_exists-0']);
    expect(include?.['_exists-0']).toEqual({ subquery: visibleOwner, cardinality: 'one' });
    expect(include?.['parent.text']?.subquery.where).toEqual([
      ['id', '=', '$1.parentId'],
      { exists: { collectionName: 'docs', where: [['id', '=', '$1.parentId']] } },
    ]);
  });
});

describe('a write', () => {
  const filterOf = (
    permissions: { docs?: Permissions; users?: Permissions },
    operation: 'insert' | 'update' | 'postUpdate' | 'delete',
    claims: object | null = { sub: 'me' },
  ) => {
    const schema = schemaWith(permissions);
    const session = claims ? new DBSession(() => schema, { ...claims }) : undefined;
    return writePermissionFilter(schema, session, 'docs', operation, { $global: {}, $session: {} });
  };

  it('is free when the collection has no permissions', () => {
    expect(filterOf({}, 'insert', null)).toBeUndefined();
    expect(writePermissionFilter(undefined, undefined, 'docs', 'insert', {})).toBeUndefined();
  });

  it('is denied without a permission of that operation', () => {
    for (const operation of ['insert', 'update', 'delete'] as const) {
      expect(filterOf({ docs: read(true) }, operation)).toEqual([false]);
    }
  });

  it('is free where the schema has no such collection', () => {
    const schema = schemaWith({ docs: {} });
    expect(writePermissionFilter(schema, undefined, '_metadata', 'insert', {})).toBeUndefined();
  });

  it('has the limits of reading inside its permissions', () => {
    const insert = (collections: DBSchema['collections']) => {
      const schema = { roles, collections };
      return writePermissionFilter(schema, new DBSession(() => schema, { sub: 'me' }), 'c0', 'insert', {});
    };
    expect(insert(chain(MAX_PERMISSION_DEPTH + 1))).toHaveLength(1);
    expect(() => insert(chain(MAX_PERMISSION_DEPTH + 2))).toThrow(/depend on each other, at 'c33'/);
    expect(() => insert(allToAll(9))).toThrow(/more than 10000 subqueries with its permissions/);
  });

  it('needs no postUpdate, but obeys it', () => {
    expect(filterOf({ docs: read(true) }, 'postUpdate')).toBeUndefined();
    expect(
      filterOf({ docs: { user: { postUpdate: { filter: [['owner', '=', '$prev.owner']] } } } }, 'postUpdate'),
    ).toEqual([['owner', '=', '$prev.owner']]);
    expect(filterOf({ docs: { user: { postUpdate: { filter: [] } } } }, 'postUpdate')).toEqual([false]);
  });

  it('reads related rows by their read permissions only', () => {
    const docs: Permissions = { user: { insert: { filter: [['ownerUser.name', '=', '$prev.text']] } } };
    const users: Permissions = { user: { read: { filter: [visible] }, insert: { filter: [false] } } };
    expect(filterOf({ docs, users }, 'insert')).toEqual([
      { exists: { collectionName: 'users', where: [['id', '=', '$1.owner'], ['name', '=', '$prev.text'], visible] } },
    ]);
    expect(filterOf({ docs, users: {} }, 'insert')).toEqual([false]);
  });

  it('reads other rows of the written collection by their read permission', () => {
    const docs: Permissions = { user: { insert: { filter: [exists('parent')] }, read: { filter: [mine] } } };
    expect(filterOf({ docs }, 'insert')).toEqual([
      { exists: { collectionName: 'docs', where: [['id', '=', '$1.parentId'], isMine] } },
    ]);
  });
});
