import { diffSchemas, Schema as S } from '@triplit/db';
import type { DBSchema } from '@triplit/db';
import { transform } from 'esbuild';
import { expect, test } from 'vitest';
import { schemaSource } from './schema-source.ts';

const schema: DBSchema = {
  roles: { user: { match: { sub: '$userId', app: { tier: 'pro' } } } },
  collections: {
    users: { schema: S.Schema({ id: S.Id({ format: 'uuidv7' }), name: S.String({ nullable: true }) }) },
    'odd name': {
      schema: S.Schema({
        id: S.Id(),
        "it's": S.String({ enum: ['a', "b'c"], default: 'a' }),
        count: S.Number({ default: 0 }),
        done: S.Optional(S.Boolean()),
        at: S.Date({ default: S.Default.now() }),
        tags: S.Set(S.String(), { default: S.Default.Set.empty() }),
        data: S.Json({ default: 'x' }),
        place: S.Optional(S.Record({ lat: S.Number(), label: S.Optional(S.String()) })),
        ownerId: S.String(),
      }),
      relationships: {
        owner: S.RelationById('users', '$ownerId'),
        best: S.RelationOne('users', { where: [['name', '=', 'x']], order: [['name', 'ASC']] }),
        all: S.RelationMany('users', { where: [{ mod: 'or', filters: [['name', '=', '$1.ownerId'], true] }] }),
      },
      permissions: { user: { read: { filter: [['ownerId', '=', '$role.userId']] }, insert: { filter: [] } } },
    },
  },
};

test('the printed module exports the schema that was printed', async () => {
  const { code } = await transform(schemaSource(schema), { loader: 'ts' });
  Object.assign(globalThis, { builderForTest: S });
  const runnable = code.replace(/^import .*$/m, 'const S = globalThis.builderForTest;');
  const module = (await import(`data:text/javascript,${encodeURIComponent(runnable)}`)) as {
    schema: DBSchema['collections'];
    roles: DBSchema['roles'];
  };
  const printed: DBSchema = { collections: module.schema, roles: module.roles };
  expect(diffSchemas(schema, printed)).toEqual([]);
  expect(printed.collections['odd name']!.relationships).toEqual(schema.collections['odd name']!.relationships);
  expect(printed.roles).toEqual(schema.roles);
});

test('ids are printed as such', () => {
  const source = schemaSource(schema);
  expect(source).toContain("id: S.Id({ format: 'uuidv7' }),");
  expect(source).toContain('id: S.Id(),');
});
