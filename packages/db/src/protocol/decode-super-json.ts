/**
 * superjson back to values, for input that nobody vouches for: unknown annotations, paths that lead nowhere, cycles and
 * `__proto__` are refused with a TriplitError, and the input itself is never changed.
 */
import { TriplitError } from '../base/errors.ts';
import { isRecord, MAX_VALUE_DEPTH, parsePath } from './super-json.ts';
import type { SuperJson } from './super-json.ts';

/** Referential equalities can make a small message stand for a huge value; expanded, it may hold this many nodes. */
export const MAX_EXPANDED_NODES = 1_000_000;
/** BigInt parsing takes quadratic time. */
export const MAX_BIGINT_DIGITS = 1000;

export function decodeSuperJson(wire: unknown): unknown {
  const { json, meta } = requireSuperJson(wire);
  let root = copyJson(json, 0);
  if (!meta) return root;
  const version = typeof meta.v === 'number' ? meta.v : 0;
  if (meta.values !== undefined) root = applyTree(root, meta.values, [], version, 0);
  if (meta.referentialEqualities !== undefined) applyEqualities(root, meta.referentialEqualities, version);
  return root;
}

/** Checks the outer shape only. */
export function requireSuperJson(wire: unknown): SuperJson {
  if (!isRecord(wire) || !Object.hasOwn(wire, 'json')) throw invalid('it is not an object with a "json" key');
  const { meta } = wire;
  if (meta !== undefined && !isRecord(meta)) throw invalid('"meta" is not an object');
  return wire as unknown as SuperJson;
}

export function invalid(reason: string): TriplitError {
  return new TriplitError(`The changes are not valid superjson: ${reason}.`);
}

function copyJson(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean' || value === null)
      return value;
    throw invalid(`"json" holds a ${typeof value}`);
  }
  if (depth > MAX_VALUE_DEPTH) throw invalid(`it is nested more than ${MAX_VALUE_DEPTH} levels deep`);
  if (Array.isArray(value)) return value.map((item) => copyJson(item, depth + 1));
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    if (key === '__proto__') throw invalid('it has a key named "__proto__"');
    copy[key] = copyJson(item, depth + 1);
  }
  return copy;
}

/** Transforms what is below a path first, then the value at the path itself; returns the new root. */
function applyTree(root: unknown, tree: unknown, path: readonly string[], version: number, depth: number): unknown {
  if (depth > MAX_VALUE_DEPTH) throw invalid('its annotations are nested too deeply');
  const isNode = Array.isArray(tree);
  const below: unknown = isNode ? tree[1] : tree;
  if (below !== undefined) {
    if (!isRecord(below)) throw invalid('its annotations are malformed');
    for (const [key, subtree] of Object.entries(below)) {
      if (!Array.isArray(subtree)) throw invalid('its annotations are malformed');
      root = applyTree(root, subtree, [...path, ...parsePath(key, version)], version, depth + 1);
    }
  }
  if (!isNode) return root;
  if (path.length === 0) return transform(root, tree[0]);
  const parent = containerAt(root, path);
  const key = path[path.length - 1]!;
  write(parent, key, transform(read(parent, key, path), tree[0]), path);
  return root;
}

function transform(value: unknown, annotation: unknown): unknown {
  switch (annotation) {
    case 'undefined':
      return undefined;
    case 'map':
      return new Map(requireArray(value, annotation).map(requirePair));
    case 'set':
      return new Set(requireArray(value, annotation));
    case 'Date': {
      const date = new Date(typeof value === 'string' ? value : Number.NaN);
      if (Number.isNaN(date.valueOf())) throw invalid('a value annotated as Date is not an ISO date');
      return date;
    }
    case 'number': {
      const found = SPECIAL_NUMBERS.get(value);
      if (found === undefined) throw invalid('a value annotated as number is none of NaN, Infinity, -Infinity, -0');
      return found;
    }
    case 'bigint':
      if (typeof value !== 'string' || !/^-?\d+$/.test(value) || value.length > MAX_BIGINT_DIGITS) {
        throw invalid(`a value annotated as bigint is not a whole number of at most ${MAX_BIGINT_DIGITS} digits`);
      }
      return BigInt(value);
    default:
      throw invalid(`the annotation ${JSON.stringify(annotation)?.slice(0, 60)} is not supported in changes`);
  }
}

const SPECIAL_NUMBERS: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
]);

function requireArray(value: unknown, annotation: string): readonly unknown[] {
  if (!Array.isArray(value)) throw invalid(`a value annotated as ${annotation} is not an array`);
  return value;
}

function requirePair(value: unknown): readonly [unknown, unknown] {
  if (!Array.isArray(value) || value.length !== 2) throw invalid('an entry of a map is not a pair of key and value');
  return value as unknown as readonly [unknown, unknown];
}

function containerAt(root: unknown, path: readonly string[], entries?: EntryCache): unknown {
  let container = root;
  for (let index = 0; index < path.length - 1; index++) container = read(container, path[index]!, path, entries);
  return container;
}

/** Maps by position, as superjson addresses them: kept so that many paths into one map stay linear. */
type EntryCache = Map<unknown, [unknown, unknown][]>;

function read(container: unknown, key: string, path: readonly string[], entries?: EntryCache): unknown {
  if (container instanceof Map && entries) {
    let list = entries.get(container);
    if (!list) entries.set(container, (list = [...container]));
    container = list;
  }
  const isContainer = Array.isArray(container) ? /^\d+$/.test(key) : isRecord(container);
  if (!isContainer || !Object.hasOwn(container as object, key))
    throw invalid(`the path ${quotePath(path)} leads nowhere`);
  return (container as Record<string, unknown>)[key];
}

function write(container: unknown, key: string, value: unknown, path: readonly string[]): void {
  if (typeof container !== 'object' || container === null || container instanceof Map || container instanceof Set) {
    throw invalid(`the path ${quotePath(path)} cannot be written`);
  }
  (container as Record<string, unknown>)[key] = value;
}

function quotePath(path: readonly string[]): string {
  return JSON.stringify(path.join('.').slice(0, 100));
}

function applyEqualities(root: unknown, equalities: unknown, version: number): void {
  const byPath: unknown = Array.isArray(equalities) ? equalities[1] : equalities;
  if (Array.isArray(equalities) && Array.isArray(equalities[0]) && equalities[0].length > 0) {
    throw invalid('it contains itself');
  }
  if (byPath === undefined) return;
  if (!isRecord(byPath)) throw invalid('its referential equalities are malformed');
  const entries: EntryCache = new Map();
  for (const [sourcePath, targetPaths] of Object.entries(byPath)) {
    const path = parsePath(sourcePath, version);
    const source = read(containerAt(root, path, entries), path[path.length - 1]!, path, entries);
    if (!Array.isArray(targetPaths)) throw invalid('its referential equalities are malformed');
    for (const target of targetPaths) {
      if (typeof target !== 'string') throw invalid('its referential equalities are malformed');
      putEqual(root, parsePath(target, version), source, entries);
    }
  }
  countNodes(root, { left: MAX_EXPANDED_NODES }, 0);
}

function putEqual(root: unknown, path: readonly string[], source: unknown, entries: EntryCache): void {
  const key = path[path.length - 1]!;
  const parent = containerAt(root, path, entries);
  // The place must exist already, which also keeps inherited names out.
  read(parent, key, path, entries);
  const ownerPath = path.slice(0, -1);
  const owner = ownerPath.length > 0 ? containerAt(root, ownerPath, entries) : undefined;
  if (owner instanceof Map) {
    if (key !== '1') throw invalid(`the path ${quotePath(path)} replaces the key of a map`);
    owner.set((parent as [unknown, unknown])[0], source);
  }
  write(parent, key, source, path);
}

/** Bounds depth (so cycles too) and size of a value whose parts may be shared. */
function countNodes(value: unknown, budget: { left: number }, depth: number): void {
  if (depth > MAX_VALUE_DEPTH) throw invalid('its referential equalities make it contain itself, or nest too deeply');
  if (--budget.left < 0) throw invalid('its referential equalities expand to too much data');
  if (typeof value !== 'object' || value === null) return;
  const children = value instanceof Map || value instanceof Set ? value.values() : Object.values(value);
  for (const child of children) countNodes(child, budget, depth + 1);
}
