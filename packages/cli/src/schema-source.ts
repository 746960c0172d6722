/** Writes a schema as the TypeScript module that would export it. */
import type { DBSchema, DataType } from '@triplit/db';

type Attribute = DataType & {
  config?: { optional?: boolean; nullable?: boolean; default?: unknown; enum?: readonly unknown[] };
  items?: Attribute;
  properties?: Record<string, Attribute>;
};
type Config = Record<string, unknown>;

const CONSTRUCTORS: Readonly<Record<string, string>> = {
  string: 'String',
  number: 'Number',
  boolean: 'Boolean',
  date: 'Date',
  json: 'Json',
  set: 'Set',
  record: 'Record',
};
const DEFAULT_FUNCTIONS: Readonly<Record<string, string>> = {
  now: 'now()',
  nanoid: 'Id.nanoid()',
  uuid: 'Id.nanoid()',
  uuidv4: 'Id.uuidv4()',
  uuidv7: 'Id.uuidv7()',
};

export function schemaSource(schema: DBSchema): string {
  const collections = Object.entries(schema.collections).map(([name, collection]) => {
    const parts = [`schema: S.Schema(${object(properties(collection.schema as unknown as Attribute))})`];
    if (notEmpty(collection.relationships))
      parts.push(`relationships: ${object(relationships(collection.relationships))}`);
    if (collection.permissions) parts.push(`permissions: ${literal(collection.permissions)}`);
    return [name, `{\n${indent(parts.join(',\n'))},\n}`] as const;
  });
  const imports = schema.roles
    ? "import { Schema as S } from '@triplit/client';\nimport type { Roles } from '@triplit/client';"
    : "import { Schema as S } from '@triplit/client';";
  const roles = schema.roles ? `\nexport const roles: Roles = ${literal(schema.roles)};\n` : '';
  return `/** Written by \`triplit schema print\`. */\n${imports}\n${roles}\nexport const schema = S.Collections(${object(collections)});`;
}

function properties(record: Attribute): (readonly [string, string])[] {
  return Object.entries(record.properties ?? {}).map(([name, type]) => [name, attribute(type)] as const);
}

function attribute(type: Attribute): string {
  const config = type.config ?? {};
  const options = optionsOf(config);
  const base = () => {
    if (type.type === 'record') return `S.Record(${object(properties(type))}${options ? `, ${options}` : ''})`;
    if (type.type === 'set') return `S.Set(${attribute(type.items!)}${options ? `, ${options}` : ''})`;
    return `S.${CONSTRUCTORS[type.type] ?? 'Json'}(${options})`;
  };
  return config.optional ? `S.Optional(${base()})` : base();
}

function optionsOf({ nullable, default: defaultValue, enum: allowed }: Config): string {
  const options: [string, string][] = [];
  if (allowed) options.push(['enum', `${literal(allowed)} as const`]);
  if (nullable) options.push(['nullable', 'true']);
  if (defaultValue !== undefined) options.push(['default', defaultOf(defaultValue)]);
  return options.length === 0 ? '' : `{ ${options.map(([name, value]) => `${name}: ${value}`).join(', ')} }`;
}

function defaultOf(value: unknown): string {
  const name =
    typeof value === 'object' && value !== null && 'func' in value ? DEFAULT_FUNCTIONS[String(value.func)] : undefined;
  return name ? `S.Default.${name}` : literal(value);
}

interface Relation {
  readonly cardinality: string;
  readonly query: {
    readonly collectionName: string;
    readonly where?: readonly unknown[];
    readonly order?: unknown;
    readonly limit?: number;
  };
}

function relationships(relations: object): (readonly [string, string])[] {
  return Object.entries(relations as Record<string, Relation>).map(([name, { cardinality, query }]) => {
    const { collectionName, ...rest } = query;
    const only = rest.where?.length === 1 ? rest.where[0] : undefined;
    if (cardinality === 'one' && Array.isArray(only) && only[0] === 'id' && only[1] === '=') {
      return [name, `S.RelationById(${literal(collectionName)}, ${literal(only[2])})`] as const;
    }
    const kind = cardinality === 'one' ? 'RelationOne' : 'RelationMany';
    return [name, `S.${kind}(${literal(collectionName)}, ${literal(rest)})`] as const;
  });
}

function literal(value: unknown): string {
  if (typeof value === 'string')
    return `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  return object(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([name, member]) => [name, literal(member)] as const),
  );
}

function object(entries: readonly (readonly [string, string])[]): string {
  if (entries.length === 0) return '{}';
  return `{\n${indent(entries.map(([name, value]) => `${key(name)}: ${value},`).join('\n'))}\n}`;
}

function key(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name);
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}

function notEmpty(value: object | undefined): value is object {
  return value !== undefined && Object.keys(value).length > 0;
}
