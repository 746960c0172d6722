/**
 * The properties of a record type by position, for those who go through the values of very many records: it takes much
 * less time to ask which property each value belongs to than to ask for the value of each property.
 */
import type { DataType, RecordType } from './data-type.ts';

export interface RecordShape {
  readonly keys: readonly string[];
  readonly types: readonly DataType[];
  readonly positions: ReadonlyMap<string, number>;
}

const shapes = new WeakMap<RecordType, RecordShape>();

export function shapeOf(type: RecordType): RecordShape {
  let shape = shapes.get(type);
  if (shape === undefined) {
    const keys = Object.keys(type.properties);
    shape = {
      keys,
      types: keys.map((key) => type.properties[key]!),
      positions: new Map(keys.map((key, position) => [key, position])),
    };
    shapes.set(type, shape);
  }
  return shape;
}

/** -1 for what is no property. `guess`: where the key is if the values come in the order of the type. */
export function positionOf({ keys, positions }: RecordShape, key: string, guess: number): number {
  return keys[guess] === key ? guess : (positions.get(key) ?? -1);
}
