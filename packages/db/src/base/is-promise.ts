/**
 * Whether a value has to be awaited. Asked by shape, not by `instanceof`: where Promise was replaced (zone.js) or comes
 * from another realm, what async functions return is no instance of it.
 */
export function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'then' in value &&
    typeof (value as { then: unknown }).then === 'function'
  );
}
