/** Reads of the local database that the server is not asked for. */
import { Schema as S } from '@triplit/db';
import { expect, test } from 'vitest';
import { TriplitClient } from './client.ts';

async function clientWithTodos(count: number) {
  const client = new TriplitClient({
    schema: S.Collections({
      todos: {
        schema: S.Schema({ id: S.Id(), rank: S.Number() }),
        // Nobody may read; the local database is read past that.
        permissions: { nobody: { read: { filter: [true] } } },
      },
    }),
    roles: { nobody: { match: { sub: 'nobody' } } },
  });
  await client.transact(async (tx) => {
    for (let rank = 1; rank <= count; rank++) await tx.insert('todos', { id: `${rank}`, rank });
  });
  return client;
}

test('count gives the number of matches, whatever the limit', async () => {
  const client = await clientWithTodos(5);
  const query = client.query('todos').Where('rank', '>', 2);
  expect(await client.count(query)).toBe(3);
  expect(await client.count(query.Limit(1))).toBe(3);
  expect(await client.count(query, { skipRules: false })).toBe(0);
});

test('fetchPage gives rows, total and what is around them', async () => {
  const client = await clientWithTodos(5);
  const page = await client.fetchPage(client.query('todos').Order('rank', 'ASC').Limit(2));
  expect(page).toMatchObject({ total: 5, hasNextPage: true, hasPreviousPage: false });
  expect(page.results.map(({ rank }) => rank)).toEqual([1, 2]);
});

test('explain says how the local database runs the query', async () => {
  const client = await clientWithTodos(5);
  const explanation = await client.explain(client.query('todos').Id('1'));
  expect(explanation).toMatchObject({ collection: 'todos', rowsExamined: 1, rowsReturned: 1 });
  expect(await client.explain(client.query('todos'), { count: true })).toMatchObject({ rowsReturned: 5 });
});

test('a client that is still opening its database answers as soon as it can', async () => {
  const client = new TriplitClient();
  expect(await client.count(client.query('todos'))).toBe(0);
});

test('an invalid query rejects', async () => {
  const client = await clientWithTodos(0);
  const query = { collectionName: 'nothing' } as never;
  for (const read of [client.count(query), client.fetchPage(query), client.explain(query)])
    await expect(read).rejects.toMatchObject({ name: 'InvalidCollectionNameError' });
});
