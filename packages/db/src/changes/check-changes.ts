/** The check of encoded changes that come from outside and that nothing has encoded: nothing that no store can hold, and not too deep. */
import { checkDepth, checkedScalar } from '../values/clone-json.ts';
import type { DBChanges } from './types.ts';

/** Throws `DBSerializationError` when a change cannot be stored. */
export function checkChanges(changes: DBChanges): void {
  for (const { sets } of Object.values(changes)) for (const change of sets.values()) checkValue(change, 0);
}

function checkValue(value: unknown, depth: number): void {
  if (value === undefined || value === null) return;
  if (typeof value !== 'object') {
    checkedScalar(value);
    return;
  }
  checkDepth(depth);
  for (const key of Object.keys(value)) checkValue((value as Record<string, unknown>)[key], depth + 1);
}
