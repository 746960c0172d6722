/**
 * Keys whose entries follow from others: secondary indexes and the list of them. An engine that loads everything into
 * memory when it opens need not store them: building one again takes less time than reading it.
 */
import { encodeTuple } from '../values/key-encoding.ts';

export const indexPrefix = encodeTuple(['index']);
export const indexCatalogPrefix = encodeTuple(['indexes']);

export function isDerivedKey(key: string): boolean {
  return key.startsWith(indexPrefix) || key.startsWith(indexCatalogPrefix);
}
