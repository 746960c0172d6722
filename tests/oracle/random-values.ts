/** Random values of each data type, from small pools, so that rows often agree, join and collide. */
import { isOptional, isPlain } from './naive-values.ts';
import type { NaiveType, Row } from './naive-values.ts';
import type { Random } from './random.ts';

export const IDS = ['a', 'b', 'c', 'd', '9', '10'] as const;
const TEXTS = ['', 'a', 'b', 'B', 'ab', '10', 'é', '$a'] as const;
const NUMBERS = [-1, 0, 1, 2, 2.5, 10, NaN, Infinity] as const;
const DATES = [
  '1969-12-31T23:59:59.999Z',
  '2020-02-29T00:00:00.000Z',
  '2020-03-01T12:00:00.000Z',
  '+012345-01-01T00:00:00.000Z',
];

/** A value that is there, as an application writes it. */
export function randomValue(random: Random, type: NaiveType): unknown {
  switch (type.type) {
    case 'string':
      return random.pick(type.config?.enum ?? (type === keyType ? IDS : TEXTS));
    case 'number':
      return random.pick(NUMBERS);
    case 'boolean':
      return random.chance(0.5);
    case 'date':
      return new Date(random.pick(DATES));
    case 'json':
    case 'any':
      return randomJson(random);
    case 'set':
      return new Set(random.list(0, 3, () => randomValue(random, type.items!)));
    case 'record':
      return randomRecord(random, type);
  }
}

/** Also null or undefined where the type takes it. */
export function randomAttribute(random: Random, type: NaiveType): unknown {
  if (isOptional(type) && random.chance(0.25)) return random.pick([null, undefined]);
  if (type.config?.default !== undefined && random.chance(0.25)) return undefined;
  return randomValue(random, type);
}

export function randomRecord(random: Random, type: NaiveType): Row {
  const record: Row = {};
  for (const [key, property] of Object.entries(type.properties!)) {
    const value = key === 'id' ? random.pick(IDS) : randomAttribute(random, property);
    if (value !== undefined || random.chance(0.2)) record[key] = value;
  }
  return record;
}

/** Objects of a few known shapes, since queries ask for known paths; now and then something else. */
export function randomJson(random: Random): unknown {
  return random.weighted<unknown>([
    [
      4,
      () => {
        const object: Row = {};
        if (random.chance(0.7)) object['name'] = random.pick([...TEXTS, 1, true, null]);
        if (random.chance(0.5)) object['size'] = random.pick([...NUMBERS, 'a', null, { a: 1 }]);
        if (random.chance(0.5))
          object['list'] = random.list(0, 3, () => random.pick(['a', 'b', 1, null, { a: 1 }, [1]]));
        if (random.chance(0.4)) object['deep'] = random.pick([null, {}, { a: 1 }, { a: 'b', b: [1] }]);
        return object;
      },
    ],
    [1, () => random.pick([...TEXTS, ...NUMBERS, true, false, [], [1, 'a'], {}])],
  ]);
}

/** A document as it may be where no schema keeps it in shape: attributes are missing, or have values of another kind. */
export function scrambled(random: Random, row: Row): Row {
  const result: Row = {};
  for (const [key, value] of Object.entries(row)) {
    if (key === 'id') result[key] = value;
    else if (random.chance(0.1)) continue;
    else if (isPlain(value) && random.chance(0.5)) result[key] = scrambled(random, value);
    else result[key] = random.chance(0.2) ? randomAnything(random) : value;
  }
  return result;
}

export function randomAnything(random: Random): unknown {
  return random.weighted<unknown>([
    [3, () => randomJson(random)],
    [1, () => new Date(random.pick(DATES))],
    [1, () => new Set(random.some<unknown>(['a', 'b', '10', 1, true, new Date(DATES[1]!)], 0, 3))],
    [1, () => [new Date(random.pick(DATES)), undefined, { day: new Date(random.pick(DATES)) }]],
    [1, () => ({ name: new Set(['a']), deep: { day: new Date(random.pick(DATES)), gone: undefined } })],
    [1, () => random.pick([null, undefined, 0, ''])],
  ]);
}

/** The type of identifiers and of what refers to them. */
export const keyType: NaiveType = { type: 'string', config: {} };
