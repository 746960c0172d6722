/** The check of encoded changes that come from outside and that nothing has encoded: their shape, nothing that no store can hold, and not too deep. */
import { describeValue } from '../base/describe-value.ts';
import { InvalidOperationError } from '../base/errors.ts';
import type { Timestamp } from '../clock/timestamp.ts';
import { checkDepth, checkedScalar } from '../values/clone-json.ts';
import type { DBChanges } from './types.ts';

/** Throws `InvalidOperationError` when it is no change set, `DBSerializationError` when a change cannot be stored. */
export function checkChanges(changes: DBChanges): void {
  if (!isObject(changes)) throw notChanges(changes);
  for (const [collection, ofCollection] of Object.entries(changes as Record<string, unknown>)) {
    const { sets, deletes } = (ofCollection ?? {}) as { sets?: unknown; deletes?: unknown };
    if (!(sets instanceof Map) || !(deletes instanceof Set)) throw notChanges(ofCollection, collection);
    for (const id of deletes) if (typeof id !== 'string') throw notChanges(id, collection);
    for (const [id, change] of sets) {
      if (typeof id !== 'string') throw notChanges(id, collection);
      if (!isObject(change)) throw notChanges(change, collection);
      checkValue(change, 0);
    }
  }
}

export function checkTimestamp(timestamp: Timestamp): void {
  const [physicalMs, logical, clientId] = Array.isArray(timestamp) ? (timestamp as unknown[]) : [];
  if (typeof physicalMs === 'number' && typeof logical === 'number' && typeof clientId === 'string') return;
  throw new InvalidOperationError(
    `A timestamp is [milliseconds, counter, client id], but there was ${describeValue(timestamp)}.`,
  );
}

function notChanges(value: unknown, collection = '…'): InvalidOperationError {
  return new InvalidOperationError(
    `Changes are { '${collection}': { sets: Map of id to attributes, deletes: Set of ids } }, but there was ${describeValue(value)}.`,
  );
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

function checkValue(value: unknown, depth: number): void {
  if (value === null) return;
  if (typeof value !== 'object') {
    checkedScalar(value);
    return;
  }
  checkDepth(depth);
  for (const key of Object.keys(value)) checkValue((value as Record<string, unknown>)[key], depth + 1);
}
