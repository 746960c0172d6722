/** Questions about one data type. A schema may come from outside as JSON, so nothing is taken for granted here. */
import type { DataType, DefaultableType, PrimitiveType, RecordType } from './data-type.ts';
import { DEFAULTABLE_TYPE_KEYS, PRIMITIVE_TYPE_KEYS } from './data-type.ts';

/** Whether the attribute may have no value. */
export function isOptional(type: DataType): boolean {
  return type.config?.optional === true || type.config?.nullable === true;
}

/** Whether a set can hold values of the type. */
export function isPrimitiveType(type: DataType): type is PrimitiveType {
  return (PRIMITIVE_TYPE_KEYS as readonly string[]).includes(type.type);
}

export function hasConfigurableDefault(type: DataType): type is DefaultableType {
  return (DEFAULTABLE_TYPE_KEYS as readonly string[]).includes(type.type);
}

/** The type of a property, or undefined. Names of inherited members, such as `constructor`, are no properties. */
export function propertyOf(type: RecordType, name: string): DataType | undefined {
  return Object.hasOwn(type.properties, name) ? type.properties[name] : undefined;
}

/** The type as it appears in messages, such as `set<string>`. */
export function typeName(type: DataType): string {
  return type.type === 'set' ? `set<${type.items.type}>` : type.type;
}

/** An object that can be read as a record: no array, Date or Set. */
export function isRecordValue(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !(value instanceof Set)
  );
}
