import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { usePlatform } from '../base/platform.ts';
import { ChunkAssembler } from './chunk-assembler.ts';
import { closeReasonText, parseCloseReason } from './close-reason.ts';
import { entityDataText } from './changes-text.ts';
import { digestOf, encodeDigest } from './id-digest.ts';
import { hash } from './index.ts';
import { parseClientMessage } from './parse-client-message.ts';
import { refusalMessage } from './parse-message.ts';
import { parseServerMessage } from './parse-server-message.ts';
import { estimateBytes, splitMessage } from './split-message.ts';

function answerTo(frame: unknown): unknown {
  const parsed = parseClientMessage(typeof frame === 'string' ? frame : JSON.stringify(frame));
  if (parsed.ok) throw new Error('the frame was accepted');
  return refusalMessage(parsed.refusal);
}

describe('frames from clients', () => {
  test.each([
    { type: 'PING', payload: {} },
    { type: 'PING', payload: { clientTimestamp: 1795429506131 } },
    { type: 'DISCONNECT_QUERY', payload: { id: 'zzz' } },
    { type: 'CHANGES', payload: { changes: { json: {} } } },
    { type: 'CHANGES', payload: { transactions: [] } },
    {
      type: 'CHANGES',
      payload: {
        transactions: [{ id: '2-x', changes: { json: {} }, joined: [{ id: '1-x', changes: { json: {} } }] }],
        settled: ['0-x'],
      },
    },
    {
      type: 'CONNECT_QUERY',
      payload: { id: '3003707951', params: { traceId: '65', collectionName: 'todos', where: [['done', '=', false]] } },
    },
    {
      type: 'CONNECT_QUERY',
      payload: {
        id: 'cp',
        params: { collectionName: 'todos' },
        state: { timestamp: [1795429658201, 0, 'server'], entityIds: { todos: ['ck'] } },
      },
    },
    {
      type: 'CONNECT_QUERY',
      payload: {
        id: 'cp',
        params: { collectionName: 'todos' },
        state: {
          timestamp: [1795429658201, 0, 'server'],
          entityIds: { todos: ['ck'] },
          digest: encodeDigest(digestOf([['todos', ['1', '2']]])),
        },
      },
    },
    { type: 'SCHEMA_RESPONSE', payload: {} },
    { type: 'UPDATE_TOKEN', payload: { token: 'x' } },
    { type: 'CHUNK', payload: { data: '{', total: 3, index: 0, id: 'abc123' } },
  ])('$type is accepted', (frame) => {
    expect(parseClientMessage(JSON.stringify(frame))).toEqual({ ok: true, message: frame });
  });

  test('text that is not JSON is answered with the text', () => {
    expect(answerTo('{nope')).toEqual({
      type: 'ERROR',
      payload: {
        error: {
          name: 'MalformedMessagePayloadError',
          message: 'Messages payloads must be valid JSON.',
          baseMessage: 'Messages payloads must be valid JSON.',
          status: 400,
        },
        metadata: { message: '{nope' },
      },
    });
  });

  test('an unknown type is answered with that type', () => {
    expect(answerTo({ type: 'WHAT', payload: {} })).toEqual({
      type: 'ERROR',
      payload: {
        messageType: 'WHAT',
        error: {
          name: 'UnrecognizedMessageTypeError',
          message: 'Unrecognized message type: WHAT.',
          baseMessage: 'Unrecognized message type: WHAT.',
          status: 400,
        },
      },
    });
  });

  test('types that every object inherits are unknown too', () => {
    expect(answerTo({ type: 'constructor', payload: {} })).toMatchObject({
      payload: { error: { name: 'UnrecognizedMessageTypeError' } },
    });
  });

  test('a malformed query names its id, so that its subscriber hears of it', () => {
    expect(answerTo({ type: 'CONNECT_QUERY', payload: { id: 'q1', params: {} } })).toMatchObject({
      payload: {
        messageType: 'CONNECT_QUERY',
        error: { name: 'QuerySyncError', status: 500 },
        metadata: { queryKey: 'q1', innerError: { name: 'TriplitError' } },
      },
    });
  });

  test('malformed changes are answered with failures, which clients rely on', () => {
    expect(answerTo({ type: 'CHANGES', payload: {} })).toMatchObject({
      payload: {
        messageType: 'CHANGES',
        error: { name: 'TriplitError' },
        metadata: { failures: [{ error: { name: 'TriplitError' } }] },
      },
    });
  });

  test.each([
    'null',
    '1',
    '"x"',
    '[]',
    '{}',
    '{"type":1}',
    '{"type":"PING"}',
    '{"type":"PING","payload":null}',
    '{"type":"PING","payload":[]}',
    '{"type":"PING","payload":{"clientTimestamp":"x"}}',
    '{"type":"CONNECT_QUERY","payload":{}}',
    '{"type":"CONNECT_QUERY"}',
    '{"type":"CONNECT_QUERY","payload":{"id":"a","params":{"collectionName":"c"},"state":{"timestamp":[1,2],"entityIds":{}}}}',
    '{"type":"CONNECT_QUERY","payload":{"id":"a","params":{"collectionName":"c"},"state":{"timestamp":[1,2,"s"],"entityIds":{"c":[1]}}}}',
    '{"type":"CONNECT_QUERY","payload":{"id":"a","params":{"collectionName":"c"},"state":{"timestamp":[1,2,"s"],"entityIds":{"__proto__":[]}}}}',
    '{"type":"CONNECT_QUERY","payload":{"id":"a","params":{"collectionName":"c"},"state":{"timestamp":[1,2,"s"],"entityIds":{},"digest":7}}}',
    '{"type":"CONNECT_QUERY","payload":{"id":"a","params":{"collectionName":"c"},"state":{"timestamp":[1,2,"s"],"entityIds":{},"digest":"AAAA"}}}',
    `{"type":"CONNECT_QUERY","payload":{"id":"a","params":{"collectionName":"c"},"state":{"timestamp":[1,2,"s"],"entityIds":{},"digest":"${'A'.repeat(1553)}"}}}`,
    `{"type":"CONNECT_QUERY","payload":{"id":"a","params":{"collectionName":"c"},"state":{"timestamp":[1,2,"s"],"digest":"${'A'.repeat(1552)}"}}}`,
    '{"type":"CONNECT_QUERY","payload":{"id":"a","params":{"collectionName":"c","vars":{"__proto__":{}}}}}',
    `{"type":"CONNECT_QUERY","payload":{"id":"a","params":{"collectionName":"c","where":${'['.repeat(9000)}${']'.repeat(9000)}}}}`,
    '{"type":"CHANGES","payload":{"changes":"x"}}',
    '{"type":"CHANGES","payload":{"transactions":{}}}',
    '{"type":"CHANGES","payload":{"transactions":[],"changes":{"json":{}}}}',
    '{"type":"CHANGES","payload":{"transactions":[null]}}',
    '{"type":"CHANGES","payload":{"transactions":[{"changes":{"json":{}}}]}}',
    '{"type":"CHANGES","payload":{"transactions":[{"id":"","changes":{"json":{}}}]}}',
    `{"type":"CHANGES","payload":{"transactions":[{"id":"${'x'.repeat(129)}","changes":{"json":{}}}]}}`,
    '{"type":"CHANGES","payload":{"transactions":[{"id":"a"}]}}',
    '{"type":"CHANGES","payload":{"transactions":[{"id":"a","changes":{"json":{}},"joined":"b"}]}}',
    '{"type":"CHANGES","payload":{"transactions":[{"id":"a","changes":{"json":{}},"joined":[{"id":"b"}]}]}}',
    '{"type":"CHANGES","payload":{"transactions":[],"settled":"a"}}',
    '{"type":"CHANGES","payload":{"transactions":[],"settled":[1]}}',
    `{"type":"CHANGES","payload":{"transactions":[${'{"id":"a","changes":{}},'.repeat(5_000)}{"id":"a","changes":{}}]}}`,
    '{"type":"CHUNK","payload":{"data":1,"total":1,"index":0,"id":"a"}}',
    '{"type":"CHUNK","payload":{"data":"x","total":1.5,"index":0,"id":"a"}}',
    '{"type":"UPDATE_TOKEN","payload":{}}',
    '{"type":"SCHEMA_RESPONSE","payload":{"schema":1}}',
    '{"type":"SCHEMA_RESPONSE","payload":{"schema":{}}}',
    '{"type":"DISCONNECT_QUERY","payload":{"id":1}}',
  ])('%.80s is refused', (text) => {
    expect(parseClientMessage(text).ok).toBe(false);
  });

  test('law: no frame makes the parsers throw', () => {
    const frame = fc.record({
      type: fc.constantFrom(
        'PING',
        'CHANGES',
        'CONNECT_QUERY',
        'CHUNK',
        'SCHEMA_RESPONSE',
        'ENTITY_DATA',
        'ERROR',
        'CLOSE',
      ),
      payload: fc.jsonValue(),
    });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          frame.map((value) => JSON.stringify(value)),
        ),
        (text) => {
          expect(typeof parseClientMessage(text).ok).toBe('boolean');
          expect(typeof parseServerMessage(text).ok).toBe('boolean');
        },
      ),
    );
  });
});

describe('frames from servers', () => {
  test('entity data joined from texts is a valid message', () => {
    const text = entityDataText('{"json":{}}', [1795429503641, 0, 'server'], ['3003707951']);
    expect(parseServerMessage(text)).toEqual({
      ok: true,
      message: {
        type: 'ENTITY_DATA',
        payload: { changes: { json: {} }, timestamp: [1795429503641, 0, 'server'], forQueries: ['3003707951'] },
      },
    });
  });

  test('unknown types are told apart from broken ones', () => {
    expect(parseServerMessage('{"type":"NEW_IN_2","payload":{}}')).toMatchObject({
      refusal: { error: { name: 'UnrecognizedMessageTypeError' } },
    });
    expect(parseServerMessage('{"type":"CHANGES_ACK","payload":{}}')).toMatchObject({
      refusal: { error: { name: 'TriplitError' } },
    });
  });
});

test.each<[string, object]>([
  ['610015113', { collectionName: 'todos' }],
  [
    '2294105723',
    {
      after: undefined,
      collectionName: 'todos',
      include: undefined,
      limit: undefined,
      order: undefined,
      select: undefined,
      vars: undefined,
      where: undefined,
    },
  ],
  ['3062411570', { collectionName: 'todos', where: [['done', '=', false]], include: { author: null } }],
  ['1082859122', { collectionName: 'todos', limit: 10, order: [['created', 'DESC']] }],
  ['3799494955', { collectionName: 'a', where: [['x', 'in', [1, 'b', null]]], after: [['q', 1], true] }],
])('the id of a query is its hash, %s', (id, query) => {
  expect(hash(query)).toBe(id);
});

describe('close reasons', () => {
  test('carry type and retry in few bytes', () => {
    const text = closeReasonText({ type: 'UNAUTHORIZED', retry: false, message: 'x'.repeat(500) });
    expect(text).toBe('{"type":"UNAUTHORIZED","retry":false}');
    expect(parseCloseReason(text)).toEqual({ type: 'UNAUTHORIZED', retry: false });
  });

  test('other text is unknown and allows to connect again; an empty one says nothing', () => {
    expect(parseCloseReason('going away')).toEqual({ type: 'UNKNOWN', retry: true });
    expect(parseCloseReason('null')).toEqual({ type: 'UNKNOWN', retry: true });
    expect(parseCloseReason('')).toBeUndefined();
  });
});

describe('chunking', () => {
  let now = 0;
  let restore: () => void;
  beforeEach(() => (restore = usePlatform({ monotonicNow: () => now })));
  afterEach(() => restore());
  const part = (index: number, total: number, id = 'a', data = String(index)) => ({ id, index, total, data });

  test('a message that fits is sent as it is', () => {
    expect(splitMessage('{"type":"PING","payload":{}}')).toHaveLength(1);
    expect(splitMessage('x'.repeat(2_000_000), 0)).toHaveLength(1);
  });

  test('a long message is split by its size in bytes into equal parts', () => {
    const text = JSON.stringify({ type: 'CHANGES', payload: { text: 'é'.repeat(600_000) } });
    const chunks = splitMessage(text).map((frame) => JSON.parse(frame));
    expect(chunks).toHaveLength(Math.ceil(estimateBytes(text) / 524_288));
    expect(chunks[0].payload).toMatchObject({ total: 3, index: 0 });
    expect(new Set(chunks.map((chunk) => chunk.payload.id)).size).toBe(1);
    expect(chunks[0].payload.id).toMatch(/^[0-9a-z]+$/);
  });

  test('law: the parts of any text, in any order, give the text again', () => {
    const shuffled = fc
      .tuple(fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }), fc.integer({ min: 1, max: 40 }))
      .chain(([text, limit]) => {
        const frames = splitMessage(text, limit);
        return fc.record({
          text: fc.constant(text),
          frames: fc.shuffledSubarray(frames, { minLength: frames.length }),
        });
      });
    fc.assert(
      fc.property(shuffled, ({ text, frames }) => {
        fc.pre(frames.length > 1);
        const assembler = new ChunkAssembler();
        const results = frames.map((frame) => assembler.add(JSON.parse(frame).payload));
        expect(results.pop()).toBe(text);
        expect(results.every((result) => result === undefined)).toBe(true);
        expect(assembler.size).toBe(0);
      }),
    );
  });

  test('a part that comes twice counts once', () => {
    const assembler = new ChunkAssembler();
    assembler.add(part(0, 2));
    expect(assembler.add(part(0, 2))).toBeUndefined();
    expect(assembler.add(part(1, 2))).toBe('01');
  });

  test.each([part(2, 2), part(-1, 2), part(0, 0), part(0, 1e9), part(0.5, 2), part(0, 2, 'a', '')])(
    'part $index of $total is refused',
    (chunk) => {
      expect(() => new ChunkAssembler().add(chunk)).toThrow('A chunked message was dropped');
    },
  );

  test('parts that disagree about the total drop the message', () => {
    const assembler = new ChunkAssembler();
    assembler.add(part(0, 2));
    expect(() => assembler.add(part(1, 3))).toThrow('disagree');
    expect(assembler.size).toBe(0);
  });

  test('a message that was dropped is refused once, by an error that is not the fault of the server', () => {
    const assembler = new ChunkAssembler({ maxLength: 2, maxAgeMs: 1000 });
    const refusals: { status: number }[] = [];
    for (let index = 0; index < 20; index++) {
      try {
        expect(assembler.add(part(index, 20))).toBeUndefined();
      } catch (error) {
        refusals.push(error as { status: number });
      }
    }
    expect(refusals.map(({ status }) => status)).toEqual([413]);
    expect(assembler.size).toBe(0);
  });

  test('unfinished messages are bounded in number, size and age', () => {
    const assembler = new ChunkAssembler({ maxMessages: 2, maxLength: 10, maxAgeMs: 1000 });
    assembler.add(part(0, 2, 'a'));
    assembler.add(part(0, 2, 'b'));
    expect(() => assembler.add(part(0, 2, 'c'))).toThrow('only 2');
    expect(() => assembler.add(part(1, 3, 'b', 'x'.repeat(20)))).toThrow();
    now += 1001;
    assembler.add(part(0, 2, 'c', 'xxxxxxxxxx'));
    expect(assembler.size).toBe(1);
    expect(() => assembler.add(part(1, 2, 'c'))).toThrow('may hold 10');
    expect(assembler.size).toBe(0);
    assembler.add(part(0, 2, 'd', 'xxxxxxxxxx'));
  });
});
