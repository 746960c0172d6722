/**
 * Paths to claims inside of a token: names separated by dots. A name that has dots itself is quoted
 * (`"https://example.com/claims".triplit`), or its dots are escaped by a backslash.
 */
export type ClaimsPath = readonly string[];

/** Throws an Error whose message completes "the path …". */
export function parseClaimsPath(text: string): ClaimsPath {
  const names: string[] = [];
  const pattern = /\s*(?:"([^"]*)"|'([^']*)'|((?:\\.|[^.\\])*))\s*(\.|$)/y;
  for (;;) {
    const match = pattern.exec(text);
    const name = match && (match[1] ?? match[2] ?? match[3]!.replace(/\\(.)/g, '$1').trim());
    if (!name) throw new Error('has an empty or badly quoted name');
    names.push(name);
    if (match[4] === '') return names;
  }
}

/** The object that the path leads to, by own members only; undefined when it leads nowhere or to something else. */
export function claimsAt(
  claims: Readonly<Record<string, unknown>>,
  path: ClaimsPath,
): Record<string, unknown> | undefined {
  let found: unknown = claims;
  for (const name of path) {
    if (!isObject(found) || !Object.hasOwn(found, name)) return undefined;
    found = found[name];
  }
  return isObject(found) ? found : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
