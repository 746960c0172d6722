/**
 * The identity of a prepared query: a text that two queries share exactly when they mean the same letter by letter. Order
 * counts everywhere: the order of listed ids is that of the result, and results name inclusions by their position.
 */
import type { PreparedQuery } from '../ast/query.ts';
import { orderedText } from '../values/canonical-text.ts';

export function preparedQueryKey(query: PreparedQuery): string {
  return orderedText(query);
}
