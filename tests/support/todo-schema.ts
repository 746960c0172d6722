/** The schema of the recorded conversations with version 1: todos that users own, users, and a collection nobody may read. */
import type { DBSchema } from '@triplit/db';

const id = { type: 'string', config: { nullable: false, default: { func: 'nanoid', args: null } } };
const ownEntity = { filter: [['authorId', '=', '$role.uid']] };
const everything = { filter: [true] };

export const todoSchema = {
  collections: {
    todos: {
      schema: {
        type: 'record',
        config: {},
        properties: {
          id,
          text: { type: 'string', config: {} },
          done: { type: 'boolean', config: { default: false } },
          created: { type: 'date', config: { default: { func: 'now', args: null } } },
          tags: {
            type: 'set',
            items: { type: 'string', config: {} },
            config: { default: { func: 'Set.empty', args: null } },
          },
          meta: {
            type: 'record',
            config: { optional: true },
            properties: { a: { type: 'number', config: {} }, b: { type: 'string', config: { optional: true } } },
          },
          n: { type: 'number', config: { nullable: true, optional: true } },
          j: { type: 'json', config: { optional: true } },
          authorId: { type: 'string', config: { optional: true } },
        },
      },
      relationships: {
        author: { query: { collectionName: 'users', where: [['id', '=', '$1.authorId']] }, cardinality: 'one' },
      },
      permissions: {
        user: { read: everything, insert: ownEntity, update: ownEntity, delete: ownEntity },
        anonymous: { read: everything },
      },
    },
    users: {
      schema: { type: 'record', config: {}, properties: { id, name: { type: 'string', config: {} } } },
      relationships: {
        todos: { query: { collectionName: 'todos', where: [['authorId', '=', '$1.id']] }, cardinality: 'many' },
      },
    },
    secrets: {
      schema: { type: 'record', config: {}, properties: { id, v: { type: 'string', config: {} } } },
      permissions: {},
    },
  },
  roles: { anonymous: { match: { 'x-triplit-token-type': 'anon' } }, user: { match: { sub: '$uid' } } },
} as unknown as DBSchema;

/** A todo in encoded form, as it travels over a connection. */
export function encodedTodo(id: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { id, text: id, done: false, created: '2024-01-01T00:00:00.000Z', tags: {}, authorId: 'alice', ...changes };
}
