/** Text that becomes a field when clicked. Enter and leaving the field save, Escape does not. */
import { useState } from 'react';
import type { KeyboardEvent } from 'react';

interface EditableTextProps {
  readonly value: string;
  readonly onSave: (value: string) => void;
}

export function EditableText({ value, onSave }: EditableTextProps) {
  const [draft, setDraft] = useState<string>();
  if (draft === undefined) {
    return (
      <button type="button" className="todo-text" title="Click to edit" onClick={() => setDraft(value)}>
        {value}
      </button>
    );
  }

  const save = () => {
    const wanted = draft.trim();
    if (wanted !== '' && wanted !== value) onSave(wanted);
    setDraft(undefined);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') save();
    if (event.key === 'Escape') setDraft(undefined);
  };
  return (
    <input
      className="todo-text editing"
      aria-label="Edit todo"
      autoFocus
      maxLength={300}
      value={draft}
      onChange={(event) => setDraft(event.target.value)}
      onKeyDown={onKeyDown}
      onBlur={save}
    />
  );
}
