/**
 * The patterns of `like`: `%` is any run of characters, `_` exactly one, everything else literal; case-insensitive; the
 * whole text must match. Matching takes time in proportion to text × pattern at worst, whatever the pattern.
 */
export type LikeMatcher = (text: string) => boolean;

/** Patterns are few and texts are many: what was compiled is kept, up to this many patterns. */
const MAX_CACHED_PATTERNS = 1_000;
const compiled = new Map<string, LikeMatcher>();

export function likeMatcher(pattern: string): LikeMatcher {
  let matcher = compiled.get(pattern);
  if (matcher === undefined) {
    if (compiled.size >= MAX_CACHED_PATTERNS) compiled.clear();
    matcher = compile(fold(pattern));
    compiled.set(pattern, matcher);
  }
  return matcher;
}

function compile(pattern: string): LikeMatcher {
  if (pattern.includes('_')) return (text) => matchesWildcards(fold(text), pattern);
  const parts = pattern.split('%');
  if (parts.length === 1) return (text) => fold(text) === pattern;
  const prefix = parts[0]!;
  const suffix = parts.at(-1)!;
  const inner = parts.slice(1, -1).filter((part) => part !== '');
  return (text) => {
    const folded = fold(text);
    if (folded.length < prefix.length + suffix.length) return false;
    if (!folded.startsWith(prefix) || !folded.endsWith(suffix)) return false;
    let position = prefix.length;
    for (const part of inner) {
      const found = folded.indexOf(part, position);
      if (found < 0) return false;
      position = found + part.length;
    }
    return position <= folded.length - suffix.length;
  };
}

/** Follows both texts and, on a mismatch, goes back to the last `%` and lets it take one more character. */
function matchesWildcards(text: string, pattern: string): boolean {
  let t = 0;
  let p = 0;
  let runStart = -1;
  let runEnd = 0;
  while (t < text.length) {
    const expected = pattern[p];
    if (expected === '%') {
      runStart = p++;
      runEnd = t;
    } else if (expected === '_') {
      t += characterLength(text, t);
      p++;
    } else if (expected === text[t]) {
      t++;
      p++;
    } else {
      if (runStart < 0) return false;
      p = runStart + 1;
      t = runEnd += characterLength(text, runEnd);
    }
  }
  while (pattern[p] === '%') p++;
  return p === pattern.length;
}

function characterLength(text: string, index: number): number {
  return text.codePointAt(index)! > 0xffff ? 2 : 1;
}

/** Lower case. Characters that would become longer stay as they are, so that `_` still counts one for each. */
function fold(text: string): string {
  const lower = text.toLowerCase();
  const folded = lower.length === text.length ? lower : Array.from(text, foldCharacter).join('');
  return folded.includes('ς') ? folded.replaceAll('ς', 'σ') : folded;
}

function foldCharacter(character: string): string {
  const lower = character.toLowerCase();
  return lower.length === character.length ? lower : character;
}
