/** The operator that says the same with its two sides exchanged. */
import { TriplitError } from '../base/errors.ts';

const flipped: ReadonlyMap<string, string> = new Map([
  ['=', '='],
  ['!=', '!='],
  ['<', '>'],
  ['>', '<'],
  ['<=', '>='],
  ['>=', '<='],
  ['in', 'SET_has'],
  ['nin', 'SET_!has'],
  ['SET_has', 'in'],
  ['SET_=', 'in'],
  ['SET_!has', 'nin'],
]);

export function flipOperator(operator: string): string {
  const result = flipped.get(operator);
  if (result === undefined) throw new TriplitError(`Cannot flip operator ${operator}`);
  return result;
}
