/** The live list: my todos and everybody's public ones, newest first, each with its owner's profile. */
import type { QueryResult } from '@triplit/client';
import { useQuery } from '@triplit/react';
import { useMemo } from 'react';
import { client } from '../../triplit/client.ts';
import type { schema } from '../../triplit/schema.ts';

export const todosQuery = client.query('todos').Include('owner').Order('createdAt', 'DESC');

export type Todo = QueryResult<typeof schema, typeof todosQuery>;

export function useTodos() {
  return useQuery(client, todosQuery);
}

const pendingQuery = client.query('todos').Select(['id']);

/** Ids of the todos with a change that the server has not acknowledged yet. */
export function usePendingTodoIds(): ReadonlySet<string> {
  const { results } = useQuery(client, pendingQuery, { syncStatus: 'pending', localOnly: true });
  return useMemo(() => new Set(results?.map((todo) => todo.id)), [results]);
}
