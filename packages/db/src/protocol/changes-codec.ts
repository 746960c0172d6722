/**
 * Change sets to and from their wire form, which is exactly what superjson makes of `{ collection: { sets: Map, deletes:
 * Set } }`. Decoding accepts anything and either returns a well-formed change set or throws a TriplitError; plain rows,
 * the usual case, pass through without being copied.
 */
import { TriplitError } from '../base/errors.ts';
import type { Change, DBChanges } from '../changes/types.ts';
import { decodeSuperJson, invalid, requireSuperJson } from './decode-super-json.ts';
import { addAnnotations, encodeValue } from './encode-super-json.ts';
import { escapePathSegment, isRecord, MAX_VALUE_DEPTH, SUPER_JSON_VERSION } from './super-json.ts';
import type { AnnotationTree, SuperJson } from './super-json.ts';

export function encodeChanges(changes: DBChanges): SuperJson {
  const json: Record<string, unknown> = {};
  const values: Record<string, AnnotationTree> = {};
  for (const [collection, { sets, deletes }] of Object.entries(changes)) {
    const below: Record<string, AnnotationTree> = {};
    const pairs: [string, unknown][] = [];
    for (const [id, change] of sets) {
      const encoded = encodeValue(change);
      if (encoded.annotations) addAnnotations(below, `${pairs.length}.1`, encoded.annotations);
      pairs.push([id, encoded.json]);
    }
    json[collection] = { sets: pairs, deletes: [...deletes] };
    const path = escapePathSegment(collection);
    values[`${path}.sets`] = Object.keys(below).length > 0 ? ['map', below] : ['map'];
    values[`${path}.deletes`] = ['set'];
  }
  if (Object.keys(json).length === 0) return { json };
  return { json, meta: { values, v: SUPER_JSON_VERSION } };
}

export function decodeChanges(wire: unknown): DBChanges {
  const superJson = requireSuperJson(wire);
  return decodePlain(superJson) ?? requireChanges(decodeSuperJson(superJson));
}

/** The usual shape: every annotation says that `sets` is a map or `deletes` a set. Undefined when there is any other. */
function decodePlain({ json, meta }: SuperJson): DBChanges | undefined {
  const annotations: Readonly<Record<string, unknown>> = isRecord(meta?.values) ? meta.values : {};
  if (!isRecord(json) || Array.isArray(meta?.values) || meta?.referentialEqualities !== undefined) return undefined;
  const collections = Object.entries(json);
  if (Object.keys(annotations).length !== collections.length * 2) return undefined;
  const changes: DBChanges = {};
  for (const [collection, value] of collections) {
    const path = escapePathSegment(collection);
    if (!isRecord(value) || !Array.isArray(value['sets']) || !Array.isArray(value['deletes'])) return undefined;
    if (!isPlain(annotations[`${path}.sets`], 'map') || !isPlain(annotations[`${path}.deletes`], 'set'))
      return undefined;
    const sets = new Map<string, Change>();
    const pairs = value['sets'] as unknown[];
    // Code that runs once per row is kept short: a first answer is decoded before any of it is compiled.
    for (let index = 0; index < pairs.length; index++) {
      const pair = pairs[index];
      if (!Array.isArray(pair) || pair.length !== 2) throw invalid('an entry of a map is not a pair of key and value');
      sets.set(pair[0] as string, requireSet(collection, pair[0], pair[1]));
    }
    const deletes = requireDeletes(collection, new Set(value['deletes']));
    changes[requireCollectionName(collection)] = { sets, deletes };
  }
  return changes;
}

function isPlain(tree: unknown, annotation: string): boolean {
  return Array.isArray(tree) && tree.length === 1 && tree[0] === annotation;
}

function requireChanges(value: unknown): DBChanges {
  if (!isRecord(value) || value instanceof Map || value instanceof Set || value instanceof Date) {
    throw new TriplitError('The changes are malformed: they are not an object of collections.');
  }
  const changes: DBChanges = {};
  for (const [collection, entry] of Object.entries(value)) {
    const name = requireCollectionName(collection);
    if (!isRecord(entry) || !(entry['sets'] instanceof Map) || !(entry['deletes'] instanceof Set)) {
      throw new TriplitError(
        `The changes are malformed: "sets" of ${quote(name)} is not a map, or "deletes" not a set.`,
      );
    }
    const sets = entry['sets'] as Map<string, Change>;
    for (const [id, change] of sets) requireSet(name, id, change);
    changes[name] = { sets, deletes: requireDeletes(name, entry['deletes']) };
  }
  return changes;
}

/** A collection that shares its name with a member of every object would make `changes[name]` lie. */
function requireCollectionName(name: string): string {
  if (name in Object.prototype)
    throw new TriplitError(`The changes are malformed: ${quote(name)} cannot name a collection.`);
  return name;
}

function requireSet(collection: string, id: unknown, change: unknown): Change {
  if (typeof id !== 'string')
    throw new TriplitError(`The changes are malformed: an entity id in ${quote(collection)} is not a string.`);
  if (!isRecord(change) || Object.getPrototypeOf(change) !== Object.prototype) {
    throw new TriplitError(
      `The changes are malformed: the set of ${quote(id)} in ${quote(collection)} is not an object.`,
    );
  }
  const own = change['id'];
  if (own !== undefined && own !== id) {
    throw new TriplitError(
      `The changes are malformed: the set of ${quote(id)} in ${quote(collection)} carries another id.`,
    );
  }
  requireSafe(change, 0);
  return change;
}

function requireDeletes(collection: string, deletes: ReadonlySet<unknown>): Set<string> {
  for (const id of deletes) {
    if (typeof id !== 'string')
      throw new TriplitError(`The changes are malformed: a deleted id in ${quote(collection)} is not a string.`);
  }
  return deletes as Set<string>;
}

/** Merging copies key by key, so a `__proto__` key must not get that far, nor nesting that exhausts the stack. */
function requireSafe(value: object, depth: number): void {
  if (depth > MAX_VALUE_DEPTH) throw invalid(`it is nested more than ${MAX_VALUE_DEPTH} levels deep`);
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object' && item !== null) requireSafe(item, depth + 1);
    return;
  }
  // Nothing inherited is enumerable, and no list of the keys has to be made.
  for (const key in value) {
    if (key === '__proto__') throw invalid('it has a key named "__proto__"');
    const item = (value as Record<string, unknown>)[key];
    if (typeof item === 'object' && item !== null) requireSafe(item, depth + 1);
  }
}

function quote(name: string): string {
  return `'${name.slice(0, 100)}'`;
}
