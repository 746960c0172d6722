/**
 * Keys of an engine as tuples and back. Nearly all are encoded tuples; those that are not (a database shortens index
 * entries of long values) become a marked tuple that holds the key as it is. Invariant: every key comes back.
 */
import { decodeTuple, encodeTuple } from '../values/key-encoding.ts';
import type { Tuple } from './kv-types.ts';
import type { StorageKey } from './port.ts';

const RAW_KEY = '_rawKey';

export function tupleOfKey(key: StorageKey): Tuple {
  try {
    const tuple = decodeTuple(key) as Tuple;
    if (encodeTuple(tuple) === key && tuple[0] !== RAW_KEY) return tuple;
  } catch {
    // Not an encoded tuple.
  }
  return [RAW_KEY, key];
}

export function keyOfTuple(tuple: Tuple): StorageKey {
  return tuple.length === 2 && tuple[0] === RAW_KEY ? String(tuple[1]) : encodeTuple(tuple);
}
