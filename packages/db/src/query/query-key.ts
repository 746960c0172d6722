/** The identity of a prepared query: a text that two queries share exactly when they mean the same letter by letter. */
import type { PreparedQuery } from '../ast/query.ts';
import { canonicalText } from '../values/canonical-text.ts';

export function preparedQueryKey(query: PreparedQuery): string {
  return canonicalText(query);
}
