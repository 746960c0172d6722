/**
 * A connection without a socket: what the server says is a stream of server-sent events, one message each; what the
 * client says comes by `POST /message`. The connection ends with the stream, from whichever side.
 */
import { platform, TriplitError } from '@triplit/db';
import { CLOSE_CODES } from '@triplit/db/sync';
import { SocketSession } from './socket-session.ts';
import type { SessionHost, SocketParameters } from './socket-session.ts';

/** How long a client may take to read what was sent before its stream was closed. */
const READING_GRACE_MS = 30_000;

/** `parameters`: those of a socket. A refusal is told in the stream as well. */
export function openEventStream(host: SessionHost, parameters: SocketParameters): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let stopKeepingAlive: () => void = () => undefined;
  let ended: (code: number) => void = () => undefined;
  const source: UnderlyingDefaultSource<Uint8Array> = {
    start: (controller) => {
      let isOpen = true;
      const write = (text: string): void => {
        if (isOpen) controller.enqueue(encoder.encode(text));
      };
      const unreadBytes = (): number => Math.max(0, -(controller.desiredSize ?? 0));
      const session = new SocketSession(host, {
        // JSON has no line breaks outside its strings, and escapes those inside.
        send: (frame) => write(`data: ${frame}\n\n`),
        close: (code, reason) => {
          if (!isOpen) return;
          write(`event: close\ndata: ${reason}\n\n`);
          ended(code);
          controller.close();
          if (unreadBytes() === 0) return;
          // What waits for a peer that does not read is dropped: at once when there is too much of it, else after a while.
          const drop = (): void => controller.error(new TriplitError('The client did not read the stream to its end.'));
          if (unreadBytes() > host.context.limits.bufferedBytes) drop();
          else platform.schedule(drop, READING_GRACE_MS);
        },
        bufferedBytes: unreadBytes,
      });
      ended = (code) => {
        isOpen = false;
        stopKeepingAlive();
        session.closed(code);
      };
      // Proxies close streams that say nothing, and only writing finds out that a client is gone without a word.
      const keepAlive = (): void => {
        write(':\n\n');
        stopKeepingAlive = platform.schedule(keepAlive, host.context.limits.pingIntervalMs);
      };
      keepAlive();
      void session.open(parameters);
    },
    cancel: () => ended(CLOSE_CODES.NORMAL),
  };
  return new ReadableStream(source, new ByteLengthQueuingStrategy({ highWaterMark: 0 }));
}
