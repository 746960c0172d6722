/** Filters written as calls: `or([['a', '=', 1], exists('author')])`. Each returns the plain object that it stands for. */
import type { Filter } from '../ast/query.ts';

export function and<const F extends Filter>(
  filters: readonly F[],
): { readonly mod: 'and'; readonly filters: readonly F[] } {
  return { mod: 'and', filters };
}

export function or<const F extends Filter>(
  filters: readonly F[],
): { readonly mod: 'or'; readonly filters: readonly F[] } {
  return { mod: 'or', filters };
}

/** Whether a related entity exists, at the end of a relation path such as `'author.team'`, that also satisfies `where`. */
export function exists<const R extends string>(
  relation: R,
  extension?: { readonly where?: readonly Filter[] | undefined },
): { readonly exists: { readonly _extends: R; readonly where?: readonly Filter[] | undefined } } {
  return { exists: { _extends: relation, ...extension } };
}
