/**
 * Stored values as text: JSON, and for the numbers that JSON lacks (NaN and the infinities) a marked form that names them
 * beside it. What comes back equals what went in.
 */

/** No JSON text begins with it. */
const MARK = '!';

type Path = readonly (string | number)[];
/** Where JSON has null for a number. */
export type LostNumbers = readonly (readonly [path: Path, number: string])[];

/** Undefined has no text. */
export function toJsonText(value: unknown): string {
  const text = JSON.stringify(value);
  const numbers = lostNumbers(value, text);
  return numbers === undefined ? text : MARK + JSON.stringify({ value, numbers });
}

export function fromJsonText(text: string): unknown {
  if (!text.startsWith(MARK)) return JSON.parse(text) as unknown;
  const { value, numbers } = JSON.parse(text.slice(MARK.length)) as { value: unknown; numbers: LostNumbers };
  return withNumbers(value, numbers);
}

/** The numbers of a value that its JSON text does not hold; undefined when there are none. */
export function lostNumbers(value: unknown, text: string): LostNumbers | undefined {
  // JSON writes null for them: without a null there is none.
  if (!text.includes('null')) return undefined;
  const numbers: [Path, string][] = [];
  collectNumbers(value, [], numbers);
  return numbers.length === 0 ? undefined : numbers;
}

/** Puts them back into what JSON made of the value. */
export function withNumbers(value: unknown, numbers: LostNumbers): unknown {
  // The value lies in a holder, so that it can itself be a number.
  const holder = { value };
  for (const [path, number] of numbers) {
    let parent: object = holder;
    let key: string | number = 'value';
    for (const next of path) {
      parent = (parent as Record<string, object>)[key]!;
      key = next;
    }
    // JSON.parse made the key an own one, whatever its name; defining it anew keeps it so.
    Object.defineProperty(parent, key, { value: Number(number) });
  }
  return holder.value;
}

function collectNumbers(value: unknown, path: Path, numbers: [Path, string][]): void {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) numbers.push([path, String(value)]);
  } else if (Array.isArray(value)) {
    for (const [index, element] of value.entries()) collectNumbers(element, [...path, index], numbers);
  } else if (typeof value === 'object' && value !== null) {
    for (const key of Object.keys(value)) {
      collectNumbers((value as Record<string, unknown>)[key], [...path, key], numbers);
    }
  }
}
