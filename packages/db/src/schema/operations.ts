/** Which filter operators each data type takes. On sets the names are prefixed, because they apply to members. */
import { UnrecognizedAttributeTypeError } from '../base/errors.ts';
import type { DataType, DataTypeName } from './data-type.ts';

export const SET_OP_PREFIX = 'SET_';

const EQUALITY_AND_RANGE = ['=', '!=', '<', '>', '<=', '>='] as const;
const MEMBERSHIP = ['in', 'nin'] as const;
const PATTERN = ['like', 'nlike'] as const;
const CONTAINMENT = ['has', '!has'] as const;
const PRESENCE = ['isDefined'] as const;

/** Without prefix; a set also takes the operators of its item type. */
export const SUPPORTED_OPERATIONS = {
  string: [...EQUALITY_AND_RANGE, ...MEMBERSHIP, ...PATTERN, ...PRESENCE],
  number: [...EQUALITY_AND_RANGE, ...MEMBERSHIP, ...PRESENCE],
  boolean: [...EQUALITY_AND_RANGE, ...PRESENCE],
  date: [...EQUALITY_AND_RANGE, ...PRESENCE],
  json: [...EQUALITY_AND_RANGE, ...MEMBERSHIP, ...PATTERN, ...CONTAINMENT, ...PRESENCE],
  set: [...CONTAINMENT, ...PRESENCE],
  record: PRESENCE,
} as const satisfies Record<DataTypeName, readonly string[]>;

export function supportedOperations(type: DataType): readonly string[] {
  if (type.type === 'set') {
    return prefixOperations([...new Set([...SUPPORTED_OPERATIONS.set, ...supportedOperations(type.items)])]);
  }
  if (!Object.hasOwn(SUPPORTED_OPERATIONS, type.type)) {
    throw new UnrecognizedAttributeTypeError((type as { type: unknown }).type);
  }
  return SUPPORTED_OPERATIONS[type.type];
}

export function prefixOperations(operations: readonly string[], prefix: string = SET_OP_PREFIX): string[] {
  return operations.map((operation) => prefix + operation);
}
