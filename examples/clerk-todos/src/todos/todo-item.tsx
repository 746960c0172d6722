/** One todo. Mine can be changed; somebody else's only tries to, from a menu that shows what the server says to that. */
import { memo } from 'react';
import type { ReactNode } from 'react';
import { Avatar } from '../ui/avatar.tsx';
import { Icon } from '../ui/icons.tsx';
import { Menu, MenuItem, MenuNote } from '../ui/menu.tsx';
import { useRelativeTime } from '../ui/relative-time.ts';
import { EditableText } from './editable-text.tsx';
import { deleteTodo, renameTodo, setTodoDone, setTodoVisibility } from './todo-actions.ts';
import type { Todo } from './use-todos.ts';
import { VisibilityBadge } from './visibility.tsx';

interface TodoItemProps {
  readonly todo: Todo;
  readonly mine: boolean;
  readonly pending: boolean;
}

/** A row of the live list keeps its identity until it changes, so that one change renders one item. */
export const TodoItem = memo(function TodoItem({ todo, mine, pending }: TodoItemProps) {
  const text = mine ? (
    <EditableText value={todo.text} onSave={(wanted) => renameTodo(todo.id, wanted)} />
  ) : (
    <span className="todo-text">{todo.text}</span>
  );
  return (
    <li className={`todo ${todo.done ? 'done' : ''} ${mine ? 'mine' : 'theirs'}`} data-todo-id={todo.id}>
      <DoneBox todo={todo} mine={mine} />
      <div className="todo-body">
        {text}
        <TodoMeta todo={todo} mine={mine} pending={pending} />
      </div>
      <div className="todo-actions">{mine ? <OwnActions todo={todo} /> : <BreakTheRules todo={todo} />}</div>
    </li>
  );
});

function DoneBox({ todo, mine }: { readonly todo: Todo; readonly mine: boolean }) {
  return (
    <label className="done-box">
      <input
        type="checkbox"
        checked={todo.done}
        disabled={!mine}
        aria-label={`Done: ${todo.text}`}
        onChange={(event) => setTodoDone(todo.id, event.target.checked)}
      />
      <Icon name="check" size={15} />
    </label>
  );
}

function TodoMeta({ todo, mine, pending }: TodoItemProps) {
  const owner = todo.owner?.name ?? 'Somebody';
  const details: ReactNode = pending ? (
    <span className="not-sent" title="The server has not acknowledged this change yet">
      <Icon name="clock" size={13} /> not sent yet
    </span>
  ) : (
    <Moment date={todo.createdAt} />
  );
  return (
    <p className="todo-meta">
      <Avatar name={owner} imageUrl={todo.owner?.imageUrl} size={18} />
      <span className="todo-owner">{mine ? 'You' : owner}</span>
      <span aria-hidden="true">·</span>
      {details}
    </p>
  );
}

function Moment({ date }: { readonly date: Date }) {
  return (
    <time dateTime={date.toISOString()} title={date.toLocaleString()}>
      {useRelativeTime(date)}
    </time>
  );
}

function OwnActions({ todo }: { readonly todo: Todo }) {
  return (
    <>
      <VisibilityBadge value={todo.visibility} onChange={(wanted) => setTodoVisibility(todo.id, wanted)} />
      <button
        type="button"
        className="icon-button danger"
        aria-label={`Delete: ${todo.text}`}
        title="Delete"
        onClick={() => deleteTodo(todo.id)}
      >
        <Icon name="trash" />
      </button>
    </>
  );
}

/** The interface offers none of this on somebody else's todo; the client's API cannot stop anybody, the server can. */
function BreakTheRules({ todo }: { readonly todo: Todo }) {
  return (
    <>
      <VisibilityBadge value={todo.visibility} />
      <Menu label={`Break the rules: ${todo.text}`} trigger={<Icon name="more" />} triggerClass="icon-button">
        <MenuNote>
          <strong>Break the rules.</strong> This todo is not yours. Try it anyway and see what the server says.
        </MenuNote>
        <MenuItem onSelect={() => renameTodo(todo.id, `${todo.text} (hijacked)`)}>Rename it anyway</MenuItem>
        <MenuItem onSelect={() => setTodoDone(todo.id, !todo.done)}>
          Mark it {todo.done ? 'open' : 'done'} anyway
        </MenuItem>
        <MenuItem onSelect={() => deleteTodo(todo.id)}>Delete it anyway</MenuItem>
      </Menu>
    </>
  );
}
