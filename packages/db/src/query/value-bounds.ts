/** Whether an encoded value lies within the bounds of an index scan; undefined counts as null. */
import { compareValue } from '../values/compare-values.ts';
import type { ValueBounds } from './entity-source.ts';

export function isWithinBounds(value: unknown, bounds: ValueBounds): boolean {
  return (
    !('gt' in bounds && compareValue(value ?? null, bounds.gt ?? null) <= 0) &&
    !('gte' in bounds && compareValue(value ?? null, bounds.gte ?? null) < 0) &&
    !('lt' in bounds && compareValue(value ?? null, bounds.lt ?? null) >= 0) &&
    !('lte' in bounds && compareValue(value ?? null, bounds.lte ?? null) > 0)
  );
}
