/**
 * 32-bit FNV-1a over a canonical text. Object keys are sorted and nothing is quoted, so different values can share a
 * text and a hash: use it to compare schemas across processes, and `canonicalText` where a collision would matter.
 */
import { checkTextDepth } from './canonical-text.ts';

const OFFSET_BASIS = 2166136261;
const PRIME = 16777619;

/** Unsigned, over UTF-16 code units. */
export function fnv1aHash(text: string): number {
  let hash = OFFSET_BASIS;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), PRIME);
  return hash >>> 0;
}

export function hashObject(value: unknown): number {
  return fnv1aHash(hashText(value, 0));
}

/** The hash as decimal text. */
export function hash(value: unknown): string {
  return String(hashObject(value));
}

function hashText(value: unknown, depth: number): string {
  if (typeof value !== 'object' || value === null) return String(value);
  checkTextDepth(depth);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value) || value instanceof Set)
    return `[${Array.from(value as Iterable<unknown>, (member) => hashText(member, depth + 1)).join(',')}]`;
  const members = value as Record<string, unknown>;
  return `{${Object.keys(members)
    .sort()
    .map((key) => `${key}:${hashText(members[key], depth + 1)}`)
    .join(',')}}`;
}
