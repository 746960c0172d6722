/**
 * A connection without a socket: what the server says is a stream of server-sent events, one message each; what the
 * client says comes by `POST /message`. The connection ends with the stream, from whichever side.
 */
import { platform } from '@triplit/db';
import { CLOSE_CODES } from '@triplit/db/sync';
import { SocketSession } from './socket-session.ts';
import type { SessionHost, SocketParameters } from './socket-session.ts';

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
      const session = new SocketSession(host, {
        // JSON has no line breaks outside its strings, and escapes those inside.
        send: (frame) => write(`data: ${frame}\n\n`),
        close: (code, reason) => {
          if (!isOpen) return;
          write(`event: close\ndata: ${reason}\n\n`);
          ended(code);
          controller.close();
        },
        bufferedBytes: () => -(controller.desiredSize ?? 0),
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
