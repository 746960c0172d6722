/** Judges one data type of a schema, which may be any value from outside. Undefined stands for "no fault". */
import { describeValue } from '../base/describe-value.ts';
import type { DataType } from './data-type.ts';
import { ALL_TYPES, PRIMITIVE_TYPE_KEYS } from './data-type.ts';
import { DEFAULT_FUNCTIONS, isDefaultFunction, MAX_NANOID_LENGTH } from './defaults.ts';
import { encode } from './encode.ts';
import { isRecordValue } from './type-predicates.ts';

type Candidate = Readonly<Record<string, unknown>>;

/** Records may nest this deep; deeper is taken for a cycle. */
export const MAX_RECORD_DEPTH = 100;

/** `depth`: how many records are around the type. */
export function diagnoseType(type: unknown, depth = 0): string | undefined {
  if (type == null) return 'type is not defined';
  if (!isRecordValue(type)) return 'type is not a DataType';
  const name = type['type'];
  if (!(ALL_TYPES as readonly unknown[]).includes(name)) return `type "${describeValue(name)}" is not recognized`;
  return within(`type ${name as string} is invalid`, diagnoseConfig(type)) ?? diagnoseParts(type, depth);
}

function diagnoseConfig(type: Candidate): string | undefined {
  const config = type['config'];
  if (config === undefined) return undefined;
  if (!isRecordValue(config)) return 'type config is not an object';
  if (!isFlag(config['nullable'])) return 'option nullable is invalid';
  if (!isFlag(config['optional'])) return 'option optional is invalid';
  return within('option default is invalid', diagnoseDefault(type, config['default']));
}

function isFlag(value: unknown): boolean {
  return value === undefined || typeof value === 'boolean';
}

function diagnoseDefault(type: Candidate, value: unknown): string | undefined {
  if (value == null) return undefined;
  if (type['type'] === 'record') return 'default value cannot be set for record types';
  if (isDefaultFunction(value)) {
    return within('default value is invalid', diagnoseDefaultFunction(type['type'], value.func, value.args));
  }
  try {
    encode(type as unknown as DataType, value);
    return undefined;
  } catch {
    return 'default value could not be serialized to type';
  }
}

function diagnoseDefaultFunction(typeName: unknown, func: unknown, args: unknown): string | undefined {
  switch (func) {
    case 'now':
      if (args != null) return 'default function now takes no arguments';
      return typeName === 'date' || typeName === 'string'
        ? undefined
        : 'default function now needs a date or string type';
    case 'nanoid':
    case 'uuid':
      return typeName === 'string' ? diagnoseLength(func, args) : `default function ${func} needs a string type`;
    case 'uuidv4':
    case 'uuidv7':
      return undefined;
    case 'Set.empty':
      if (args != null) return 'default function Set.empty takes no arguments';
      return typeName === 'set' ? undefined : 'default function Set.empty needs a set type';
    default:
      return `default function ${describeValue(func)} is not one of: ${DEFAULT_FUNCTIONS.join(', ')}`;
  }
}

function diagnoseLength(func: string, args: unknown): string | undefined {
  if (args == null) return undefined;
  if (!Array.isArray(args)) return `arguments of default function ${func} are not an array`;
  const length: unknown = args[0];
  if (
    length === undefined ||
    (Number.isInteger(length) && (length as number) >= 1 && (length as number) <= MAX_NANOID_LENGTH)
  ) {
    return undefined;
  }
  return `the length given to default function ${func} is not a whole number from 1 to ${MAX_NANOID_LENGTH}`;
}

function diagnoseParts(type: Candidate, depth: number): string | undefined {
  switch (type['type']) {
    case 'record':
      if (depth > MAX_RECORD_DEPTH) return `records nest more than ${MAX_RECORD_DEPTH} levels deep`;
      return diagnoseProperties(type['properties'], depth);
    case 'set':
      return diagnoseItems(type['items']);
    case 'string':
      return diagnoseEnum((type['config'] as Candidate | undefined)?.['enum']);
    default:
      return undefined;
  }
}

function diagnoseProperties(properties: unknown, depth: number): string | undefined {
  if (properties == null) return 'type record is missing properties';
  if (!isRecordValue(properties)) return 'type record properties is not an object';
  return firstFault(properties, (key, property) =>
    within(
      `type record property "${key}" is invalid`,
      diagnoseCharacters('property', key) ?? diagnoseType(property, depth + 1),
    ),
  );
}

function diagnoseItems(items: unknown): string | undefined {
  if (items == null) return 'type set is missing items';
  const fault = within('type set items is invalid', diagnoseType(items));
  if (fault !== undefined) return fault;
  const isPrimitive = (PRIMITIVE_TYPE_KEYS as readonly unknown[]).includes((items as Candidate)['type']);
  return isPrimitive ? undefined : 'type set items must be a primitive type';
}

function diagnoseEnum(options: unknown): string | undefined {
  if (options === undefined) return undefined;
  if (!Array.isArray(options)) return 'type string enum is not an array';
  return options.every((option) => typeof option === 'string') ? undefined : 'type string enum value is not a string';
}

export type NameKind = 'role' | 'collection' | 'relationship' | 'property';

export function diagnoseCharacters(kind: NameKind, name: string): string | undefined {
  if (name === '') return `${kind} name is empty`;
  if (/^[a-zA-Z0-9_]+$/.test(name)) return undefined;
  return `${kind} name contains invalid characters - only alphanumeric characters and underscores are allowed.`;
}

/** Puts a fault under the heading of what it was found in. */
export function within(heading: string, fault: string | undefined): string | undefined {
  return fault === undefined ? undefined : `${heading}: ${fault}`;
}

export function firstFault(
  members: Candidate,
  diagnose: (key: string, value: unknown) => string | undefined,
): string | undefined {
  for (const key of Object.keys(members)) {
    const fault = diagnose(key, members[key]);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
