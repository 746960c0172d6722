/**
 * Members that were removed from sets stay in the stored row, marked `false`, where others may still have to learn of
 * their removal. Nothing that reads a row tells such a member from one that was never there.
 */
import type { RecordType } from './data-type.ts';
import { isRecordValue } from './type-predicates.ts';

type Row = Readonly<Record<string, unknown>>;

export type MemberPruner = (row: Row) => Row;

/** Takes removed members out of the rows of a type, and returns a row itself that has none. Undefined: the type has no sets. */
export function compileMemberPruner(type: RecordType): MemberPruner | undefined {
  const parts: [key: string, prune: (value: Row) => Row][] = [];
  for (const [key, property] of Object.entries(type.properties)) {
    const prune =
      property.type === 'set' ? withoutRemoved : property.type === 'record' ? compileMemberPruner(property) : undefined;
    if (prune !== undefined) parts.push([key, prune]);
  }
  if (parts.length === 0) return undefined;
  return (row) => {
    let pruned: Record<string, unknown> | undefined;
    for (const [key, prune] of parts) {
      const value = row[key];
      if (!isRecordValue(value)) continue;
      const next = prune(value);
      if (next !== value) (pruned ??= { ...row })[key] = next;
    }
    return pruned ?? row;
  };
}

function withoutRemoved(set: Row): Row {
  for (const key in set) {
    if (set[key] === false) return Object.fromEntries(Object.entries(set).filter(([, isMember]) => isMember !== false));
  }
  return set;
}
