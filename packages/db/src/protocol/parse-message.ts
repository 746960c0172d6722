/** What parsing a frame yields: a message of the right shape, or a refusal that says what to answer. Nothing is thrown. */
import type { TriplitError } from '../base/errors.ts';
import type { Timestamp } from '../clock/timestamp.ts';
import { MalformedMessagePayloadError } from './errors.ts';
import type { ErrorMessage, ErrorMetadata } from './server-messages.ts';
import { isRecord, MAX_VALUE_DEPTH } from './super-json.ts';

export interface MessageRefusal {
  readonly messageType?: string;
  readonly error: TriplitError;
  readonly metadata?: ErrorMetadata;
}
export type ParsedMessage<M> =
  | { readonly ok: true; readonly message: M }
  | { readonly ok: false; readonly refusal: MessageRefusal };

/** A refused frame is echoed up to this length. */
export const MAX_ECHO_LENGTH = 4096;

/** The `ERROR` message that answers a refusal. */
export function refusalMessage({ messageType, error, metadata }: MessageRefusal): ErrorMessage {
  return {
    type: 'ERROR',
    payload: {
      ...(messageType === undefined ? {} : { messageType }),
      error: error.toJSON(),
      ...(metadata === undefined ? {} : { metadata }),
    },
  };
}

/** Marks a payload of the wrong shape; `parse…Message` turns it into a refusal. */
export class ShapeError extends Error {}

export function requireShape(condition: boolean, what: string): asserts condition {
  if (!condition) throw new ShapeError(what);
}

/** The envelope of a frame: an object. */
export function parseEnvelope(text: string): ParsedMessage<Record<string, unknown>> {
  let envelope: unknown;
  try {
    envelope = JSON.parse(text);
  } catch {
    // Refused below.
  }
  if (isRecord(envelope)) return { ok: true, message: envelope };
  return {
    ok: false,
    refusal: { error: new MalformedMessagePayloadError(), metadata: { message: text.slice(0, MAX_ECHO_LENGTH) } },
  };
}

export function isTimestamp(value: unknown): value is Timestamp {
  return (
    Array.isArray(value) &&
    value.length === 3 &&
    Number.isFinite(value[0]) &&
    Number.isFinite(value[1]) &&
    typeof value[2] === 'string'
  );
}

/** Parsed JSON that goes on to code which merges or recurses must not bring `__proto__` keys or endless nesting. */
export function requireSafeJson(value: unknown, depth = 0): void {
  requireShape(depth <= MAX_VALUE_DEPTH, `is nested more than ${MAX_VALUE_DEPTH} levels deep`);
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    requireShape(key !== '__proto__', 'has a key named "__proto__"');
    requireSafeJson(item, depth + 1);
  }
}
