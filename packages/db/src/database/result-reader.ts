/**
 * Turns result nodes of the engine into application objects: decoded by the schema, projected, with inclusions under
 * their aliases. For live views every object is made once per row version, so unchanged rows keep their identity.
 */
import type { PreparedQuery } from '../ast/query.ts';
import type { Row } from '../changes/types.ts';
import type { ResultList, ResultNode } from '../engine/result-node.ts';
import type { View, ViewEntry } from '../engine/view.ts';
import { compileProjection } from '../query/project.ts';
import { compileDecoder } from '../schema/type.ts';
import type { DBSchema } from '../schema/types.ts';
import { METADATA_COLLECTION } from '../transactions/check-writes.ts';
import { copyJson } from '../values/clone-json.ts';
import { setOwn } from '../values/own-property.ts';

export type Entity = Record<string, any>;

interface ReaderInclude {
  readonly name: string;
  readonly one: boolean;
  readonly reader: ResultReader;
}

export class ResultReader {
  readonly #decode: (row: Row) => Entity;
  readonly #includes: readonly ReaderInclude[];

  constructor(query: PreparedQuery, schema: DBSchema | undefined) {
    const decode = rowDecoder(schema, query.collectionName);
    const project = query.select === undefined ? undefined : compileProjection(query.select, schema !== undefined);
    this.#decode = project === undefined ? decode : (row) => project(decode(row));
    this.#includes = Object.entries(query.include ?? {}).map(([name, inclusion]) => ({
      name,
      one: inclusion.cardinality === 'one',
      reader: new ResultReader(inclusion.subquery, schema),
    }));
  }

  /** New objects for every row. */
  readFresh(list: ResultList): Entity[] {
    return list.nodes.map((node) => this.#readNode(node, readFresh));
  }

  /** A new list of objects that are shared between calls for as long as their rows stay the same. */
  readLive(view: View): Entity[] {
    return view.results(this.#readEntry);
  }

  readonly #readEntry = (entry: ViewEntry): Entity => (entry.cached ??= this.#readNode(entry, readShared)) as Entity;

  /** The objects of included rows, in one list for as long as nothing in it changes. */
  readShared(view: View): readonly Entity[] {
    return view.snapshot(this.#readEntry);
  }

  #readNode(node: ResultNode, readChildren: (reader: ResultReader, children: ResultList) => readonly Entity[]): Entity {
    const entity = this.#decode(node.row);
    for (let index = 0; index < this.#includes.length; index++) {
      const include = this.#includes[index]!;
      const results = readChildren(include.reader, node.children[index]!);
      setOwn(entity, include.name, include.one ? (results[0] ?? null) : results);
    }
    return entity;
  }
}

const readFresh = (reader: ResultReader, children: ResultList): readonly Entity[] => reader.readFresh(children);
const readShared = (reader: ResultReader, children: ResultList): readonly Entity[] =>
  reader.readShared(children as View);

/** Decodes rows of a collection; without a schema a copy is made, so that callers cannot reach stored data. */
export function rowDecoder(schema: DBSchema | undefined, collection: string): (row: Row) => Entity {
  const type =
    schema !== undefined && Object.hasOwn(schema.collections, collection)
      ? schema.collections[collection]!.schema
      : undefined;
  if (type === undefined || collection === METADATA_COLLECTION) return copyJson as (row: Row) => Entity;
  return compileDecoder(type) as (row: Row) => Entity;
}
