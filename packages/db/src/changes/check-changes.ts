/** The check of encoded changes that come from outside and that nothing has encoded: their shape, nothing that no store can hold, and not too deep. */
import { describeValue } from '../base/describe-value.ts';
import { InvalidOperationError } from '../base/errors.ts';
import type { Timestamp } from '../clock/timestamp.ts';
import { checkDepth, checkedScalar } from '../values/clone-json.ts';
import type { DBChanges } from './types.ts';

/** Throws `InvalidOperationError` when it is no change set, `DBSerializationError` when a change cannot be stored. */
export function checkChanges(changes: DBChanges): void {
  if (typeof changes !== 'object' || changes === null) throw notChanges('', changes);
  for (const [collection, ofCollection] of Object.entries(changes as Record<string, unknown>)) {
    const { sets, deletes } = (ofCollection ?? {}) as { sets?: unknown; deletes?: unknown };
    if (!(sets instanceof Map) || !(deletes instanceof Set)) throw notChanges(` for '${collection}'`, ofCollection);
    for (const id of deletes) checkId(collection, id);
    for (const [id, change] of sets) {
      checkId(collection, id);
      if (typeof change !== 'object' || change === null) throw notChanges(` for '${collection}', id '${id}'`, change);
      checkValue(change, 0);
    }
  }
}

export function checkTimestamp(timestamp: Timestamp): void {
  const [physicalMs, logical, clientId] = Array.isArray(timestamp) ? (timestamp as unknown[]) : [];
  if (typeof physicalMs === 'number' && typeof logical === 'number' && typeof clientId === 'string') return;
  throw new InvalidOperationError(
    `A timestamp is [milliseconds, counter, client id], but changes came with ${describeValue(timestamp)}. Nothing was applied.`,
  );
}

function checkId(collection: string, id: unknown): asserts id is string {
  if (typeof id === 'string') return;
  throw new InvalidOperationError(
    `Ids are strings, but the changes for '${collection}' have the id ${describeValue(id)}. Nothing was applied.`,
  );
}

function notChanges(where: string, value: unknown): InvalidOperationError {
  return new InvalidOperationError(
    `Changes are { [collection]: { sets: Map of id to changed attributes, deletes: Set of ids } }, but${where} there was ${describeValue(value)}. Nothing was applied.`,
  );
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
