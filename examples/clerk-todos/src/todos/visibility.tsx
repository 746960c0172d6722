/** Who sees a todo: as a choice for a new one, and as a switch on one that is there. */
import { Icon } from '../ui/icons.tsx';
import type { Visibility } from './todo-actions.ts';

const words = {
  private: { icon: 'lock', label: 'Private', hint: 'Only you can see it' },
  public: { icon: 'globe', label: 'Public', hint: 'Everybody can see it' },
} as const;

interface VisibilityChoiceProps {
  readonly value: Visibility;
  readonly onChange: (value: Visibility) => void;
}

export function VisibilityChoice({ value, onChange }: VisibilityChoiceProps) {
  return (
    <fieldset className="segments">
      <legend className="visually-hidden">Who can see it</legend>
      {(['private', 'public'] as const).map((choice) => (
        <label key={choice} title={words[choice].hint}>
          <input type="radio" name="visibility" checked={value === choice} onChange={() => onChange(choice)} />
          <Icon name={words[choice].icon} size={15} />
          {words[choice].label}
        </label>
      ))}
    </fieldset>
  );
}

/** Switches between private and public. Without `onChange` it only tells. */
export function VisibilityBadge({
  value,
  onChange,
}: {
  readonly value: Visibility;
  readonly onChange?: (value: Visibility) => void;
}) {
  const { icon, label, hint } = words[value];
  const content = (
    <>
      <Icon name={icon} size={14} />
      <span>{label}</span>
    </>
  );
  if (!onChange) return <span className={`badge ${value}`}>{content}</span>;
  const other = value === 'private' ? 'public' : 'private';
  return (
    <button
      type="button"
      className={`badge ${value}`}
      title={`${hint}. Click to make it ${other}.`}
      aria-label={`${label}. Make it ${other}`}
      onClick={() => onChange(other)}
    >
      {content}
    </button>
  );
}
