/**
 * Members that were removed from sets stay in the stored row, marked `false`, where others may still have to learn of
 * their removal. Nothing that reads a row tells such a member from one that was never there.
 */
import type { RecordType } from './data-type.ts';
import { isRecordValue } from './type-predicates.ts';

type Row = Readonly<Record<string, unknown>>;

/** `before`: what was stored until now. Sets that it has as well were looked at when it was written. */
export type MemberPruner = (row: Row, before?: Row) => Row;

/** Takes removed members out of the rows of a type, and returns a row itself that has none. Undefined: the type has no sets. */
export function compileMemberPruner(type: RecordType): MemberPruner | undefined {
  const parts: [key: string, prune: MemberPruner][] = [];
  for (const [key, property] of Object.entries(type.properties)) {
    const prune =
      property.type === 'set' ? withoutRemoved : property.type === 'record' ? compileMemberPruner(property) : undefined;
    if (prune !== undefined) parts.push([key, prune]);
  }
  if (parts.length === 0) return undefined;
  return (row, before) => {
    let pruned: Record<string, unknown> | undefined;
    for (const [key, prune] of parts) {
      const value = row[key];
      const valueBefore = before?.[key];
      if (!isRecordValue(value) || value === valueBefore) continue;
      const next = prune(value, valueBefore as Row | undefined);
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
