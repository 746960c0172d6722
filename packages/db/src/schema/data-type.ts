/**
 * The attribute types of a schema as plain JSON data: what the builder returns, what travels over HTTP and what every
 * function of this folder reads. Nothing here is a class, so a schema parsed from JSON is as good as a built one.
 */
export interface DefaultFunction {
  readonly func: string;
  readonly args?: readonly unknown[] | null | undefined;
}

/** An attribute is optional when either flag is true. A `default` of null or undefined is no default. */
export interface TypeConfig {
  readonly nullable?: boolean | undefined;
  /** Set by `S.Optional` only. */
  readonly optional?: boolean | undefined;
  readonly default?: unknown;
}
export interface StringConfig extends TypeConfig {
  readonly enum?: readonly string[] | undefined;
}

export interface TypeInterface<TypeId extends string = string, Config extends TypeConfig = TypeConfig> {
  readonly type: TypeId;
  readonly config?: Config;
}
export interface StringType<Config extends StringConfig = StringConfig> extends TypeInterface<'string', Config> {}
export interface NumberType<Config extends TypeConfig = TypeConfig> extends TypeInterface<'number', Config> {}
export interface BooleanType<Config extends TypeConfig = TypeConfig> extends TypeInterface<'boolean', Config> {}
export interface DateType<Config extends TypeConfig = TypeConfig> extends TypeInterface<'date', Config> {}
export interface JsonType<Config extends TypeConfig = TypeConfig> extends TypeInterface<'json', Config> {}
export interface SetType<
  Items extends PrimitiveType = PrimitiveType,
  Config extends TypeConfig = TypeConfig,
> extends TypeInterface<'set', Config> {
  readonly items: Items;
}
export interface RecordType<
  Properties extends RecordProperties = RecordProperties,
  Config extends TypeConfig = TypeConfig,
> extends TypeInterface<'record', Config> {
  readonly properties: Properties;
}

/** The types that a set can hold. */
export type PrimitiveType = StringType | NumberType | BooleanType | DateType;
/** The types that can have a default. */
export type DefaultableType = PrimitiveType | JsonType | SetType;
export type DataType = DefaultableType | RecordType;
export interface RecordProperties {
  readonly [property: string]: DataType;
}

export type DataTypeName = DataType['type'];
export type PrimitiveTypeName = PrimitiveType['type'];

export const PRIMITIVE_TYPE_KEYS = ['string', 'number', 'boolean', 'date'] as const;
export const DEFAULTABLE_TYPE_KEYS = [...PRIMITIVE_TYPE_KEYS, 'set', 'json'] as const;
export const ALL_TYPES = [...DEFAULTABLE_TYPE_KEYS, 'record'] as const;
