/** Random histories: transactions of inserts (which may meet an entity that exists), patches, edits and deletes. */
import type { NaiveSchema } from './naive-database.ts';
import { isOptional, isPlain, typeAt } from './naive-values.ts';
import type { NaiveType, Row } from './naive-values.ts';
import type { Edit, Operation } from './naive-writes.ts';
import type { Random } from './random.ts';
import { IDS, randomAttribute, randomJson, randomRecord, randomValue, scrambled } from './random-values.ts';

export type History = Operation[][];

export function randomHistory(random: Random, schema: NaiveSchema): History {
  const collections = Object.keys(schema.collections);
  // Data first, so that there is something to join.
  const filling = random.list(1, 2, () =>
    random.list(3, 7, (): Operation => insertion(random, schema, random.pick(collections))),
  );
  return [...filling, ...random.list(2, 6, () => transaction(random, schema, collections))];
}

function transaction(random: Random, schema: NaiveSchema, collections: readonly string[]): Operation[] {
  return random.list(1, 3, () => operations(random, schema, random.pick(collections))).flat();
}

function operations(random: Random, schema: NaiveSchema, collection: string): Operation[] {
  const { schema: type } = schema.collections[collection]!;
  const id = random.pick(IDS);
  return random.weighted<Operation[]>([
    [3, () => [insertion(random, schema, collection)]],
    [4, () => [{ kind: 'patch', collection, id, patch: shaped(random, schema, randomPatch(random, type)) }]],
    [2, () => [{ kind: 'edit', collection, id, edits: randomEdits(random, schema, type) }]],
    [2, () => [{ kind: 'delete', collection, id }]],
    [
      1,
      () => {
        const again = insertion(random, schema, collection);
        return [{ kind: 'delete', collection, id: again.document['id'] as string }, again];
      },
    ],
  ]);
}

function insertion(random: Random, schema: NaiveSchema, collection: string): Operation & { kind: 'insert' } {
  const document = randomRecord(random, schema.collections[collection]!.schema);
  return { kind: 'insert', collection, document: shaped(random, schema, document) };
}

function shaped(random: Random, { schemaless }: NaiveSchema, row: Row): Row {
  return schemaless === true ? scrambled(random, row) : row;
}

function randomPatch(random: Random, type: NaiveType): Row {
  const patch: Row = {};
  for (const key of random.some(attributesOf(type), 1, 3)) {
    const property = type.properties![key]!;
    if (property.type === 'set' && random.chance(0.6)) {
      patch[key] = Object.fromEntries(
        random.list(1, 3, () => {
          const member = randomValue(random, property.items!);
          return [member instanceof Date ? member.toISOString() : String(member), random.chance(0.5)];
        }),
      );
    } else if (property.type === 'record' && random.chance(0.7)) {
      patch[key] = randomPatch(random, property);
    } else {
      const value = randomAttribute(random, property);
      if (value !== undefined || isOptional(property)) patch[key] = value;
    }
  }
  return patch;
}

function randomEdits(random: Random, { schemaless }: NaiveSchema, type: NaiveType): Edit[] {
  const edits = random.list(1, 3, () => randomEdit(random, type));
  // Without a schema an updater gets no Sets: what was one is an object by now.
  if (schemaless === true)
    return edits
      .filter(({ act }) => act === 'assign' || act === 'delete' || act === 'push')
      .map((edit) => (edit.act === 'assign' && random.chance(0.3) ? { ...edit, value: randomAssigned(random) } : edit))
      .filter((edit) => edit.act !== 'assign' || !(edit.value instanceof Set));
  return edits;
}

function randomEdit(random: Random, type: NaiveType): Edit {
  const paths = editable(type, '');
  const path = random.pick(paths);
  const property = typeAt(type, path)!;
  if (property.type === 'json') return randomJsonEdit(random, path, property);
  if (isOptional(property) && random.chance(0.2)) return { act: 'delete', path };
  if (property.type === 'set' && random.chance(0.7)) {
    return random.weighted<Edit>([
      [3, () => ({ act: 'add', path, value: randomValue(random, property.items!) })],
      [3, () => ({ act: 'remove', path, value: randomValue(random, property.items!) })],
      [1, () => ({ act: 'clear', path })],
    ]);
  }
  return {
    act: 'assign',
    path,
    value: isOptional(property) && random.chance(0.1) ? null : randomValue(random, property),
  };
}

function randomJsonEdit(random: Random, path: string, type: NaiveType): Edit {
  return random.weighted<Edit>([
    [2, () => ({ act: 'assign', path, value: randomAssigned(random) })],
    [
      2,
      () => ({
        act: 'assign',
        path: `${path}.${random.pick(['name', 'size', 'deep'])}`,
        value: randomAssigned(random),
      }),
    ],
    [1, () => ({ act: 'delete', path: `${path}.${random.pick(['name', 'list', 'deep.a'])}` })],
    [2, () => ({ act: 'push', path: `${path}.list`, value: random.pick(['a', 'b', 1, null, { a: 1 }]) })],
    [isOptional(type) ? 1 : 0, () => ({ act: 'delete', path })],
  ]);
}

/** An empty object assigned over a list is the one thing that changes cannot tell. */
function randomAssigned(random: Random): unknown {
  const value = randomJson(random);
  return isPlain(value) && Object.keys(value).length === 0 ? 'a' : value;
}

function editable(type: NaiveType, prefix: string): string[] {
  return attributesOf(type).flatMap((key) => {
    const property = type.properties![key]!;
    const path = prefix + key;
    return property.type === 'record' ? [path, ...editable(property, `${path}.`)] : [path];
  });
}

const attributesOf = (type: NaiveType): string[] => Object.keys(type.properties!).filter((key) => key !== 'id');
