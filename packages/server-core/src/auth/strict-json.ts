/**
 * JSON objects that decide about access: valid UTF-8, no key twice at any level (two readers could pick different ones),
 * no `__proto__`, bounded nesting.
 */
export const MAX_CLAIMS_DEPTH = 32;

/** Throws an Error whose message completes "it …". */
export function parseStrictJsonObject(bytes: Uint8Array): Record<string, unknown> {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    throw new Error('is not valid JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('is not a JSON object');
  requireUniqueKeys(text);
  return value as Record<string, unknown>;
}

/** Walks text that is known to be valid JSON; one set of keys per open object, undefined per open array. */
function requireUniqueKeys(text: string): void {
  const open: (Set<string> | undefined)[] = [];
  let expectsKey = false;
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '{':
      case '[':
        expectsKey = text[at] === '{';
        open.push(expectsKey ? new Set() : undefined);
        if (open.length > MAX_CLAIMS_DEPTH) throw new Error('is nested too deeply');
        break;
      case '}':
      case ']':
        open.pop();
        expectsKey = false;
        break;
      case ',':
        expectsKey = open[open.length - 1] !== undefined;
        break;
      case '"': {
        const end = endOfString(text, at);
        if (expectsKey) addKey(open[open.length - 1]!, JSON.parse(text.slice(at, end + 1)) as string);
        expectsKey = false;
        at = end;
        break;
      }
      default:
    }
  }
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}

function addKey(keys: Set<string>, key: string): void {
  if (keys.has(key)) throw new Error('names a key twice');
  if (key === '__proto__') throw new Error('has a key named "__proto__"');
  keys.add(key);
}
