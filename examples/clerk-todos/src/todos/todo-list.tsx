/** The list with its filter. What is shown is decided here; what may be known at all, by the server. */
import { useState } from 'react';
import { TodoItem } from './todo-item.tsx';
import { usePendingTodoIds, useTodos } from './use-todos.ts';
import type { Todo } from './use-todos.ts';

const filters = {
  all: { label: 'All', keeps: () => true, empty: 'Nothing here yet. Write the first todo above.' },
  mine: {
    label: 'Mine',
    keeps: (todo: Todo, me: string) => todo.ownerId === me,
    empty: 'You have no todos yet. Write the first one above.',
  },
  others: {
    label: 'From others',
    keeps: (todo: Todo, me: string) => todo.ownerId !== me,
    empty: 'Nobody else has made a todo public yet. Sign in as somebody else in a private window and add one.',
  },
} satisfies Record<string, { label: string; keeps(todo: Todo, me: string): boolean; empty: string }>;

type FilterName = keyof typeof filters;

export function TodoList({ me }: { readonly me: string }) {
  const { results, fetching, error } = useTodos();
  const pending = usePendingTodoIds();
  const [filter, setFilter] = useState<FilterName>('all');

  const shown = results?.filter((todo) => filters[filter].keeps(todo, me)) ?? [];
  const open = shown.filter((todo) => !todo.done).length;

  return (
    <section className="list" aria-label="Todos" aria-busy={fetching}>
      <div className="list-head">
        <div className="tabs" role="group" aria-label="Which todos">
          {(Object.keys(filters) as FilterName[]).map((name) => (
            <button type="button" key={name} aria-pressed={filter === name} onClick={() => setFilter(name)}>
              {filters[name].label}
            </button>
          ))}
        </div>
        <p className="count">{open === 0 ? 'Nothing open' : `${open} open`}</p>
      </div>
      {error ? <p className="notice error">The list cannot be kept current: {String(error.message ?? error)}</p> : null}
      {results === undefined || (fetching && shown.length === 0) ? (
        <Skeleton />
      ) : shown.length === 0 ? (
        <p className="notice">{filters[filter].empty}</p>
      ) : (
        <ul className="todos">
          {shown.map((todo) => (
            <TodoItem key={todo.id} todo={todo} mine={todo.ownerId === me} pending={pending.has(todo.id)} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Skeleton() {
  return (
    <ul className="todos" aria-label="Loading">
      {[0, 1, 2].map((row) => (
        <li className="todo skeleton" key={row} />
      ))}
    </ul>
  );
}
