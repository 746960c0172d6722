/**
 * Makes a failing case small: parts are left out for as long as it still fails in the same way. It knows nothing of what
 * the parts mean; a case that is no longer sensible fails in another way and is put back.
 */
import { isPlain } from './naive-values.ts';

/** How often a smaller case is tried. */
const MAX_ATTEMPTS = 4000;

export async function shrunk<T>(value: T, fails: (candidate: T) => Promise<boolean>): Promise<T> {
  let smallest = value;
  let attempts = 0;
  for (let progress = true; progress;) {
    progress = false;
    for (const candidate of smaller(smallest)) {
      if (++attempts > MAX_ATTEMPTS) return smallest;
      if (!(await fails(candidate as T))) continue;
      smallest = candidate as T;
      progress = true;
      break;
    }
  }
  return smallest;
}

/** Everything that is one part smaller: large parts first. */
function* smaller(value: unknown): Iterable<unknown> {
  if (Array.isArray(value)) {
    if (value.length > 3) {
      const half = Math.ceil(value.length / 2);
      yield value.slice(half);
      yield value.slice(0, half);
    }
    for (let index = 0; index < value.length; index++) yield value.toSpliced(index, 1);
    for (const [index, element] of value.entries()) for (const less of smaller(element)) yield value.with(index, less);
  } else if (isPlain(value)) {
    for (const key of Object.keys(value)) {
      const { [key]: _left, ...rest } = value;
      yield rest;
    }
    for (const [key, member] of Object.entries(value))
      for (const less of smaller(member)) yield { ...value, [key]: less };
    // A group of one filter is the filter.
    if (Array.isArray(value['filters'])) yield* value['filters'];
  }
}
