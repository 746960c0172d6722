import { expect, test } from 'vitest';
import { readEvents } from './event-stream.ts';

async function eventsOf(...chunks: (string | Uint8Array)[]): Promise<[type: string, data: string][]> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks)
        controller.enqueue(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk);
      controller.close();
    },
  });
  const events: [string, string][] = [];
  for await (const { type, data } of readEvents(body)) events.push([type, data]);
  return events;
}

test.each([
  ['one event', ['data: a\n\n'], [['message', 'a']]],
  [
    'a type',
    ['event: close\ndata: a\n\ndata: b\n\n'],
    [
      ['close', 'a'],
      ['message', 'b'],
    ],
  ],
  ['several lines', ['data: a\ndata: b\n\n'], [['message', 'a\nb']]],
  ['no space, and one more', ['data:a\ndata:  b\n\n'], [['message', 'a\n b']]],
  [
    'empty data',
    ['data\n\ndata:\n\n'],
    [
      ['message', ''],
      ['message', ''],
    ],
  ],
  ['comments, other fields, and nothing', [': hello\nid: 1\nretry: 5\ndatabase: x\n\n:\n\n'], []],
  ['an event that is not complete', ['data: a\n\ndata: b\n'], [['message', 'a']]],
  [
    'Windows line ends',
    ['data: a\r\n\r\ndata: b\r\n\r\n'],
    [
      ['message', 'a'],
      ['message', 'b'],
    ],
  ],
  [
    'a line end in two chunks',
    ['data: a\r', '\n\r', '\ndata: b\r\n\r\n'],
    [
      ['message', 'a'],
      ['message', 'b'],
    ],
  ],
  [
    'old line ends',
    ['data: a\r\rdata: b\r\r\n'],
    [
      ['message', 'a'],
      ['message', 'b'],
    ],
  ],
  ['an event in many chunks', [...'data: hello\n\n'], [['message', 'hello']]],
] as [string, string[], [string, string][]][])('%s', async (_what, chunks, expected) => {
  expect(await eventsOf(...chunks)).toEqual(expected);
});

test('characters that are cut in two', async () => {
  const bytes = new TextEncoder().encode('data: ä€😀\n\n');
  expect(await eventsOf(...Array.from(bytes, (byte) => new Uint8Array([byte])))).toEqual([['message', 'ä€😀']]);
});
