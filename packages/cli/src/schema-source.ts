/** Writes a schema as the TypeScript module that would export it. */
import type { DataType, DBSchema, Relationship } from '@triplit/db';

type Entry = readonly [name: string, source: string];
type Config = Readonly<Record<string, unknown>>;

const CONSTRUCTORS = { string: 'String', number: 'Number', boolean: 'Boolean', date: 'Date', json: 'Json' } as const;
const ID_FORMATS = ['nanoid', 'uuidv4', 'uuidv7'];
/** Default functions by the name that schemas store; `uuid` is a former name of `nanoid`. */
const DEFAULT_FUNCTIONS: Readonly<Record<string, string>> = {
  now: 'now()',
  nanoid: 'Id.nanoid()',
  uuid: 'Id.nanoid()',
  uuidv4: 'Id.uuidv4()',
  uuidv7: 'Id.uuidv7()',
  'Set.empty': 'Set.empty()',
};

export function schemaSource({ collections, roles }: DBSchema): string {
  const members = Object.entries(collections).map(([name, { schema, relationships, permissions }]): Entry => {
    const parts: Entry[] = [['schema', `S.Schema(${objectOf(propertiesOf(schema.properties))})`]];
    if (relationships && Object.keys(relationships).length > 0) {
      parts.push([
        'relationships',
        objectOf(Object.entries(relationships).map(([relation, value]): Entry => [relation, relationOf(value)])),
      ]);
    }
    if (permissions) parts.push(['permissions', literal(permissions)]);
    return [name, objectOf(parts)];
  });
  const lines = ['/** Written by `triplit schema print`. */', "import { Schema as S } from '@triplit/client';"];
  if (roles)
    lines.push("import type { Roles } from '@triplit/client';", '', `export const roles: Roles = ${literal(roles)};`);
  lines.push('', `export const schema = S.Collections(${objectOf(members)});`);
  return lines.join('\n');
}

function propertiesOf(properties: Readonly<Record<string, DataType>>): Entry[] {
  return Object.entries(properties).map(([name, type]): Entry => [name, attributeOf(type)]);
}

function attributeOf(type: DataType): string {
  const source = requiredAttributeOf(type);
  return type.config?.optional ? `S.Optional(${source})` : source;
}

function requiredAttributeOf(type: DataType): string {
  const options = optionsOf({ ...type.config });
  const secondArgument = options === '' ? '' : `, ${options}`;
  switch (type.type) {
    case 'record':
      return `S.Record(${objectOf(propertiesOf(type.properties))}${secondArgument})`;
    case 'set':
      return `S.Set(${attributeOf(type.items)}${secondArgument})`;
    case 'string':
      return idOf({ ...type.config }) ?? `S.String(${options})`;
    default:
      return `S.${CONSTRUCTORS[type.type]}(${options})`;
  }
}

/** `S.Id()` is a string that is explicitly not nullable and generates itself. */
function idOf(config: Config): string | undefined {
  const format = functionNameOf(config['default']);
  if (config['nullable'] !== false || format === undefined || !ID_FORMATS.includes(format)) return undefined;
  return format === 'nanoid' ? 'S.Id()' : `S.Id({ format: '${format}' })`;
}

function optionsOf(config: Config): string {
  const options: Entry[] = [];
  if (config['enum']) options.push(['enum', `${literal(config['enum'])} as const`]);
  if (config['nullable']) options.push(['nullable', 'true']);
  const value = config['default'];
  if (value !== undefined && value !== null) {
    const name = functionNameOf(value);
    options.push(['default', name === undefined ? literal(value) : `S.Default.${DEFAULT_FUNCTIONS[name] ?? name}`]);
  }
  return options.length === 0 ? '' : `{ ${options.map(([name, source]) => `${name}: ${source}`).join(', ')} }`;
}

function functionNameOf(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null && 'func' in value ? String(value.func) : undefined;
}

function relationOf({ cardinality, query }: Relationship): string {
  const { collectionName, ...rest } = query;
  const only = rest.where?.length === 1 ? rest.where[0] : undefined;
  const isById =
    cardinality === 'one' &&
    Object.keys(rest).length === 1 &&
    Array.isArray(only) &&
    only[0] === 'id' &&
    only[1] === '=';
  if (isById) return `S.RelationById(${literal(collectionName)}, ${literal(only[2])})`;
  return `S.${cardinality === 'one' ? 'RelationOne' : 'RelationMany'}(${literal(collectionName)}, ${literal(rest)})`;
}

function literal(value: unknown): string {
  if (typeof value === 'string') {
    return `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
  }
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return objectOf(members.map(([name, member]): Entry => [name, literal(member)]));
}

function objectOf(entries: readonly Entry[]): string {
  if (entries.length === 0) return '{}';
  const lines = entries.map(
    ([name, source]) => `${/^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name)}: ${source},`,
  );
  return `{\n${lines.join('\n').replace(/^(?=.)/gm, '  ')}\n}`;
}
