/**
 * The wire shape of values that JSON cannot hold (maps, sets, dates, undefined …), as superjson 2 writes it: plain JSON
 * plus annotations by path. Only the shape and the path syntax live here.
 */
import { TriplitError } from '../base/errors.ts';
import { MAX_JSON_DEPTH } from '../values/clone-json.ts';

/** `map`, `set`, `Date`, `undefined`, `number`, `bigint`; superjson knows more, which changes never contain. */
export type SuperJsonAnnotation = string | readonly string[];
/** What to make of the value at a path, and of the values below it (paths relative to it, before it is transformed). */
export type AnnotationTree =
  | readonly [annotation: SuperJsonAnnotation]
  | readonly [annotation: SuperJsonAnnotation, below: AnnotationMap];
export interface AnnotationMap {
  readonly [path: string]: AnnotationTree;
}

export interface SuperJsonMeta {
  /** By path; the root's own annotation is the tree itself. */
  readonly values?: AnnotationTree | AnnotationMap;
  /** By path, the paths that hold the very same object. As a tuple: the paths of the root, then the rest. */
  readonly referentialEqualities?:
    | Readonly<Record<string, readonly string[]>>
    | readonly [root: readonly string[], rest?: Readonly<Record<string, readonly string[]>>];
  /** Version of the path escaping; absent in messages of old senders. */
  readonly v?: number;
}

export interface SuperJson {
  readonly json: unknown;
  readonly meta?: SuperJsonMeta;
}

/**
 * Deeper nesting than this is refused in both directions, so that no value exhausts the stack later on: whatever may be
 * stored, and the change set around it.
 */
export const MAX_VALUE_DEPTH = MAX_JSON_DEPTH + 100;

export const SUPER_JSON_VERSION = 1;

export function escapePathSegment(segment: string): string {
  return segment.includes('\\') || segment.includes('.')
    ? segment.replaceAll('\\', '\\\\').replaceAll('.', '\\.')
    : segment;
}

/** Splits an annotation path. Before version 1 only the dot was escaped, and a lone backslash stood for itself. */
export function parsePath(path: string, version: number): string[] {
  const segments: string[] = [];
  let segment = '';
  for (let at = 0; at < path.length; at++) {
    const char = path[at]!;
    const next = path[at + 1];
    if (char === '\\' && (next === '.' || (next === '\\' && version >= 1))) {
      segment += next;
      at++;
    } else if (char === '\\' && version >= 1) {
      throw new TriplitError(
        `The changes are not valid superjson: the path ${JSON.stringify(path)} has a backslash that escapes nothing.`,
      );
    } else if (char === '.') {
      segments.push(segment);
      segment = '';
    } else {
      segment += char;
    }
  }
  segments.push(segment);
  return segments;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
