/**
 * The schema builder, used as `import { Schema as S }`. Every function returns plain JSON-compatible data and validates
 * nothing; `validateSchema` judges the result.
 */
import type { CollectionQuery, Filter } from '../ast/query.ts';
import { encodeDate } from '../values/set-member.ts';
import type {
  BooleanType as BooleanDataType,
  DataType,
  DateType as DateDataType,
  DefaultFunction,
  JsonType as JsonDataType,
  NumberType as NumberDataType,
  PrimitiveType,
  RecordProperties,
  RecordType as RecordDataType,
  SetType as SetDataType,
  StringConfig,
  StringType as StringDataType,
} from './data-type.ts';
import type { CollectionsOf, ModelProperties, OptionalType, Relationship } from './types.ts';

interface Options<Default> {
  readonly nullable?: boolean | undefined;
  /** Applied on insert when the value is undefined: a literal or one of `S.Default`. */
  readonly default?: Default | DefaultFunction | null | undefined;
}
interface StringOptions extends Options<string> {
  readonly enum?: readonly string[] | undefined;
}
type RecordOptions = Pick<Options<never>, 'nullable'>;
export type IdFormat = 'nanoid' | 'uuidv4' | 'uuidv7';
interface IdConfig extends StringConfig {
  readonly enum?: undefined;
  readonly nullable: false;
  readonly default: DefaultFunction;
}
type RelationQuery = Pick<CollectionQuery, 'where' | 'order' | 'limit'>;

export type StringType<Config extends StringConfig = StringConfig> = StringDataType<Config>;
export function StringType<const Config extends StringOptions = {}>(options?: Config): StringDataType<Config> {
  const { enum: allowed, nullable, default: defaultValue } = options ?? ({} as StringOptions);
  return { type: 'string', config: { enum: allowed, nullable, default: defaultValue } as unknown as Config };
}

export type NumberType<Config extends Options<number> = Options<number>> = NumberDataType<Config>;
export function NumberType<const Config extends Options<number> = {}>(options?: Config): NumberDataType<Config> {
  return { type: 'number', config: configOf(options) };
}

export type BooleanType<Config extends Options<boolean> = Options<boolean>> = BooleanDataType<Config>;
export function BooleanType<const Config extends Options<boolean> = {}>(options?: Config): BooleanDataType<Config> {
  return { type: 'boolean', config: configOf(options) };
}

type DateInput = Date | string | number;
export type DateType<Config extends Options<DateInput> = Options<DateInput>> = DateDataType<Config>;
export function DateType<const Config extends Options<DateInput> = {}>(options?: Config): DateDataType<Config> {
  return { type: 'date', config: configOf(options) };
}

export type JsonType<Config extends Options<unknown> = Options<unknown>> = JsonDataType<Config>;
export function JsonType<const Config extends Options<unknown> = {}>(options?: Config): JsonDataType<Config> {
  return { type: 'json', config: configOf(options) };
}

type SetInput = readonly unknown[] | ReadonlySet<unknown>;
export type SetType<
  Items extends PrimitiveType = PrimitiveType,
  Config extends Options<SetInput> = Options<SetInput>,
> = SetDataType<Items, Config>;
export function SetType<Items extends PrimitiveType, const Config extends Options<SetInput> = {}>(
  items: Items,
  options?: Config,
): SetDataType<Items, Config> {
  return { type: 'set', items, config: configOf(options) };
}

export type RecordType<
  Properties extends RecordProperties = RecordProperties,
  Config extends RecordOptions = RecordOptions,
> = RecordDataType<Properties, Config>;
export function RecordType<Properties extends RecordProperties, const Config extends RecordOptions = {}>(
  properties: Properties,
  options?: Config,
): RecordDataType<Properties, Config> {
  return { type: 'record', config: { nullable: options?.nullable } as unknown as Config, properties };
}

/** A string that identifies an entity; generated on insert when absent. */
function IdType(options: { readonly format: IdFormat } = { format: 'nanoid' }): StringDataType<IdConfig> {
  return {
    type: 'string',
    config: { enum: undefined, nullable: false, default: { func: options.format, args: null } },
  };
}

/** The record type of a collection: a record with an `id`. */
function SchemaType<Properties extends ModelProperties>(properties: Properties): RecordDataType<Properties, {}> {
  return RecordType(properties);
}

function Optional<T extends DataType>(type: T): OptionalType<T> {
  return { ...type, config: { ...type.config, optional: true } } as unknown as OptionalType<T>;
}

/** Returns its argument; only checks types: relations must lead to collections of the same object. */
function Collections<const C extends CollectionsOf<C>>(collections: C): C {
  return collections;
}

/** Returns its argument; only checks types. */
function Filter<const F extends readonly Filter[]>(where: F): F {
  return where;
}

function RelationMany<const CN extends string>(collectionName: CN, query: RelationQuery): Relationship<CN, 'many'> {
  return { query: { collectionName, ...query }, cardinality: 'many' };
}
function RelationOne<const CN extends string>(collectionName: CN, query: RelationQuery): Relationship<CN, 'one'> {
  return { query: { collectionName, ...query }, cardinality: 'one' };
}
/** `id` is a literal id or a variable such as `'$authorId'`. */
function RelationById<const CN extends string>(collectionName: CN, id: string): Relationship<CN, 'one'> {
  return { query: { collectionName, where: [['id', '=', id]] }, cardinality: 'one' };
}

const now = () => ({ func: 'now', args: null }) as const;
const defaults = {
  /** The time of the insert, on dates and strings. */
  now,
  Date: { now },
  Id: {
    /** `length` defaults to 21 characters. */
    nanoid: (length?: number) => ({ func: 'nanoid', args: length ? [length] : null }) as const,
    uuidv4: () => ({ func: 'uuidv4', args: null }) as const,
    uuidv7: () => ({ func: 'uuidv7', args: null }) as const,
  },
  Set: { empty: () => ({ func: 'Set.empty', args: null }) as const },
};

export class Schema {
  static readonly String = StringType;
  static readonly Number = NumberType;
  static readonly Boolean = BooleanType;
  static readonly Date = DateType;
  static readonly Json = JsonType;
  static readonly Set = SetType;
  static readonly Record = RecordType;
  static readonly Id = IdType;
  static readonly Schema = SchemaType;
  static readonly Optional = Optional;
  static readonly Collections = Collections;
  static readonly Filter = Filter;
  static readonly RelationMany = RelationMany;
  static readonly RelationOne = RelationOne;
  static readonly RelationById = RelationById;
  static get Default(): typeof defaults {
    return defaults;
  }
}

function configOf<Config>(options: Config | undefined): Config {
  const { nullable, default: given } = (options ?? {}) as Options<unknown>;
  return { nullable, default: asJson(given) } as unknown as Config;
}

/** A default as it can be stored and sent. What is no valid default is left for `validateSchema` to name. */
function asJson(given: unknown): unknown {
  if (given instanceof Set) return Array.from(given as Set<unknown>, asJson);
  if (Array.isArray(given)) return given.map(asJson);
  return given instanceof Date ? (encodeDate(given) ?? given) : given;
}
