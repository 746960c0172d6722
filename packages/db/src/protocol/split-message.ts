/** Splits the text of a message that is too long for one frame into `CHUNK` messages (only clients do). */
import { platform } from '../base/platform.ts';

export const DEFAULT_CHUNK_LIMIT_BYTES = 524_288;

/** The frames to send for a message: itself when it fits. A limit of 0 turns splitting off. */
export function splitMessage(text: string, limitBytes = DEFAULT_CHUNK_LIMIT_BYTES): string[] {
  // No code unit counts more than three bytes.
  if (limitBytes <= 0 || text.length * 3 <= limitBytes) return [text];
  const bytes = estimateBytes(text);
  if (bytes <= limitBytes) return [text];
  const parts = Math.ceil(bytes / limitBytes);
  const length = Math.ceil(text.length / parts);
  // Rounding the length up can make the last parts empty, which a receiver would wait for.
  const total = Math.ceil(text.length / length);
  const id = randomChunkId();
  return Array.from({ length: total }, (_, index) =>
    JSON.stringify({
      type: 'CHUNK',
      payload: { data: text.slice(index * length, (index + 1) * length), total, index, id },
    }),
  );
}

/** UTF-8 size, counting each half of a surrogate pair as three bytes. */
export function estimateBytes(text: string): number {
  let bytes = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    bytes += unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
  }
  return bytes;
}

function randomChunkId(): string {
  return Array.from(platform.randomBytes(new Uint8Array(12)), (byte) => (byte % 36).toString(36)).join('');
}
