/** Values that a database keeps for those who run it, beside its entities: they are no rows, and are never synced. */
import type { StorageEdit } from '../storage/port.ts';
import { encodeTuple } from '../values/key-encoding.ts';
import { privateMetadataPrefix } from './entity-keys.ts';

/** Removes the key when the value is undefined, else sets it. */
export type MetadataEntry = readonly [key: readonly string[], value: unknown];

export function metadataKey(key: readonly string[]): string {
  return privateMetadataPrefix + encodeTuple(key);
}

export function metadataEdits(entries: readonly MetadataEntry[]): StorageEdit[] {
  return entries.map(([key, value]) => ({ key: metadataKey(key), value }));
}
