/** Collections, attributes, relations and roles may have names that every object inherits. They are names like any other. */
import { expect, test } from 'vitest';
import { InvalidCollectionNameError, TriplitError, WritePermissionError } from '../base/errors.ts';
import { exists } from '../query/filters.ts';
import { Schema as S } from '../schema/builder.ts';
import { diffSchemas } from '../schema/diff-schemas.ts';
import type { DBSchema } from '../schema/types.ts';
import { BTreeKVStore } from '../storage/memory-btree.ts';
import { createDB } from './create-db.ts';
import { DB } from './database.ts';

const names = ['constructor', 'toString', 'hasOwnProperty', 'valueOf', 'then', 'length', 'prototype'];
const row = JSON.parse(
  '{"id":"1","__proto__":"p","constructor":"k","toString":{"a":true},"isPrototypeOf":{"__proto__":{"x":1}},"owner":"1"}',
) as Record<string, unknown>;

test.each(names)('%s', async (name) => {
  const relation = `${name}1`;
  const schema: DBSchema = {
    roles: { [name]: { match: JSON.parse('{"constructor":"$toString","__proto__":"p"}') as Record<string, string> } },
    collections: {
      [name]: {
        schema: S.Schema({
          id: S.Id(),
          ['__proto__']: S.String(),
          constructor: S.String(),
          toString: S.Set(S.String()),
          isPrototypeOf: S.Json(),
          owner: S.String(),
        }),
        relationships: { [relation]: S.RelationById(name, '$owner') },
        permissions: {
          [name]: {
            read: { filter: [['constructor', '=', '$role.toString']] },
            insert: { filter: [[`${relation}.__proto__`, '=', '$token.__proto__']] },
            update: { filter: [true] },
            postUpdate: { filter: [['constructor', '=', '$prev.constructor']] },
          },
        },
      },
    },
  };
  const kv = new BTreeKVStore();
  const { event } = await createDB({ kv, schema });
  expect(event.type).toBe('SUCCESS');
  const { db } = await createDB<any>({ kv });
  expect(diffSchemas(db.schema!, schema)).toEqual([]);
  const session = db.withSessionVars(JSON.parse('{"constructor":"k","__proto__":"p"}') as Record<string, string>);
  await expect(db.withSessionVars({}).insert(name, row)).rejects.toThrow(WritePermissionError);
  await session.insert(name, row);
  const query = {
    collectionName: name,
    where: [
      ['__proto__', '=', 'p'],
      ['toString', 'has', 'a'],
      ['isPrototypeOf.__proto__.x', '=', 1],
      [`${relation}.constructor`, '=', 'k'],
      exists(relation),
    ],
    order: [[`${relation}.__proto__`, 'ASC']],
    include: { [relation]: true },
  };
  const read = { ...row, ...JSON.parse('{"__proto__":"p"}'), toString: new Set(['a']) };
  expect(await session.fetch(query as never)).toEqual([{ ...read, [relation]: read }]);
  await session.update(name, '1', (entity: Record<string, any>) => {
    entity['__proto__'] = 'q';
    entity['isPrototypeOf']['__proto__'] = { y: 2 };
  });
  const [changed] = await session.fetch({ collectionName: name, select: ['__proto__', 'isPrototypeOf.__proto__.y'] });
  expect(JSON.stringify(changed)).toBe('{"__proto__":"q","isPrototypeOf":{"__proto__":{"y":2}}}');
  await expect(session.update(name, '1', { constructor: 'other' })).rejects.toThrow(WritePermissionError);
  expect(Object.keys(Object.prototype)).toEqual([]);
});

test('a name that was not given is not there', async () => {
  const db = new DB<any>({ schema: { collections: { a: { schema: S.Schema({ id: S.Id() }) } } } });
  for (const name of [...names, '__proto__']) {
    await expect(db.fetch({ collectionName: name })).rejects.toThrow(InvalidCollectionNameError);
    await expect(db.insert(name, { id: '1' })).rejects.toThrow(InvalidCollectionNameError);
    for (const clause of [
      { where: [[name, '=', 1]] },
      { where: [exists(name)] },
      { include: { [name === '__proto__' ? 'x' : name]: { _extends: name } } },
      { order: [[name, 'ASC']] },
      { select: [name] },
    ])
      await expect(db.fetch({ collectionName: 'a', ...clause } as never)).rejects.toThrow(TriplitError);
  }
});
