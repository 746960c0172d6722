/** The line in which a new todo is written, with who will see it. */
import { useState } from 'react';
import type { SubmitEvent } from 'react';
import { Icon } from '../ui/icons.tsx';
import { addTodo } from './todo-actions.ts';
import type { Visibility } from './todo-actions.ts';
import { VisibilityChoice } from './visibility.tsx';

export function Composer({ ownerId }: { readonly ownerId: string }) {
  const [text, setText] = useState('');
  const [visibility, setVisibility] = useState<Visibility>('private');

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const wanted = text.trim();
    if (wanted === '') return;
    setText('');
    await addTodo(ownerId, wanted, visibility);
  };

  return (
    <form className="composer" onSubmit={submit}>
      <input
        className="composer-text"
        value={text}
        onChange={(event) => setText(event.target.value)}
        placeholder="What needs doing?"
        aria-label="New todo"
        maxLength={300}
        enterKeyHint="done"
      />
      <VisibilityChoice value={visibility} onChange={setVisibility} />
      <button type="submit" className="button primary" disabled={text.trim() === ''}>
        <Icon name="plus" /> Add
      </button>
    </form>
  );
}
