/** Random bytes for a port that speaks HTTP and WebSocket: handshakes, frames and bodies, most of them nearly right. */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { hostileFrame, hostileRequest } from './hostile-input.ts';

/** Written piece by piece, then the connection ends in one of three ways. */
export interface RawConversation {
  readonly pieces: readonly Uint8Array[];
  /** `wait`: until the server ends it, or the test does. */
  readonly ending: 'end' | 'destroy' | 'wait';
}

const key = 'dGhlIHNhbXBsZSBub25jZQ==';
const header = fc.constantFrom(
  'Connection: Upgrade',
  'Connection: keep-alive, Upgrade',
  'Connection: close',
  'Upgrade: websocket',
  'Upgrade: h2c',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Version: 99999999999999999999',
  `Sec-WebSocket-Key: ${key}`,
  'Sec-WebSocket-Key: short',
  'Sec-WebSocket-Protocol: triplit, , ,,',
  'Sec-WebSocket-Protocol: triplit.token.x.y.z',
  'Sec-WebSocket-Protocol: "',
  'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=99',
  'Origin: null',
  'Origin: \u00ff',
  'Host: ]',
  'Host: a b',
  'Host: localhost:99999999',
  'Content-Length: 5',
  'Content-Length: -1',
  'Content-Length: 99999999999999999999',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip, chunked',
  'Expect: 100-continue',
  'Expect: nothing',
  'Authorization: Bearer',
  'Authorization: Bearer \u00ff',
  'Content-Type: multipart/form-data; boundary=',
  'Content-Type: \u0000',
  'X-Forwarded-For: , ,999.999.999.999,,:::,[::1]:x',
  'no colon',
  ': no name',
  ' folded',
);
const target = fc.constantFrom(
  '/',
  '/?token=x.y.z',
  '/?token=%',
  '/?token=%00&schema=NaN&features=transactions,,nope',
  '//',
  '//[',
  '/message-events?token=x',
  'http://[',
  'http://other/?token=x',
  '*',
  '/%ff',
  '/../../etc',
  `/${'a'.repeat(9_000)}`,
);
const method = fc.constantFrom(
  'GET',
  'POST',
  'OPTIONS',
  'HEAD',
  'CONNECT',
  'TRACE',
  'PUT',
  'PRI',
  'get',
  '\u0016\u0003',
);

const head = fc
  .tuple(method, target, fc.constantFrom('HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', ''), fc.array(header, { maxLength: 8 }))
  .map(([verb, path, version, headers]) => bytes(`${verb} ${path} ${version}\r\n${headers.join('\r\n')}\r\n\r\n`));

/** `token`: of a user. */
export const upgrade = (token: string): Uint8Array =>
  bytes(
    `GET /?token=${token} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  );

interface FrameShape {
  readonly first: number;
  readonly masked: boolean;
  /** Of the length: as it is, one more, or far more. */
  readonly claims: 'right' | 'more' | 'huge';
  readonly payload: Uint8Array;
}

const payload = fc.oneof(
  hostileFrame.map(bytes),
  fc.uint8Array({ maxLength: 200 }),
  fc.constant(new Uint8Array(70_000)),
);
const frame = fc
  .record<FrameShape>({
    // Opcodes, the end of a fragmented message, and bits that are reserved.
    first: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(0x81, 0x01, 0x00, 0x80, 0x82, 0x88, 0x89, 0x8a) },
      { weight: 1, arbitrary: fc.nat(255) },
    ),
    masked: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
    claims: fc.oneof(
      { weight: 5, arbitrary: fc.constant('right' as const) },
      { weight: 1, arbitrary: fc.constantFrom('more' as const, 'huge' as const) },
    ),
    payload,
  })
  .map(webSocketFrame);

export function webSocketFrame({ first, masked, claims, payload: content }: FrameShape): Uint8Array {
  const maskBit = masked ? 0x80 : 0;
  const length = claims === 'more' ? content.length + 1 : content.length;
  let start: number[];
  if (claims === 'huge') start = [first, maskBit | 127, 0x7f, 255, 255, 255, 255, 255, 255, 255];
  else if (length < 126) start = [first, maskBit | length];
  else if (length < 65_536) start = [first, maskBit | 126, length >> 8, length & 255];
  else start = [first, maskBit | 127, 0, 0, 0, 0, 0, (length >> 16) & 255, (length >> 8) & 255, length & 255];
  if (!masked) return Buffer.concat([Uint8Array.from(start), content]);
  const mask = randomBytes(4);
  return Buffer.concat([Uint8Array.from(start), mask, content.map((byte, index) => byte ^ mask[index & 3]!)]);
}

const piece = fc.oneof(
  fc.string({ maxLength: 20, unit: 'binary' }).map((text) => bytes(`${text.length.toString(16)}\r\n${text}\r\n`)),
  fc.constantFrom('0\r\n\r\n', 'ffffffffffffffff\r\n', '-1\r\n', '5;ext="\r\n', '0\r\nX: y\r\n\r\n', '\r\n').map(bytes),
);
/** A request in chunks, whose length nobody announced. */
const chunkedRequest = (token: string) =>
  fc
    .tuple(hostileRequest, fc.array(piece, { maxLength: 4 }), fc.boolean())
    .map(([{ path, body }, pieces, begins]) => [
      bytes(
        `POST /${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nTransfer-Encoding: chunked\r\n\r\n`,
      ),
      ...(begins ? [bytes(`${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n`)] : []),
      ...pieces,
    ]);

export function rawConversation(token: string): fc.Arbitrary<RawConversation> {
  const whole = fc.oneof(
    fc.tuple(head, fc.array(frame, { maxLength: 2 })).map(([first, frames]) => [first, ...frames]),
    fc.array(frame, { maxLength: 6 }).map((frames) => [upgrade(token), ...frames]),
    chunkedRequest(token),
    fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 3 }),
  );
  const cut = fc.oneof(
    { weight: 2, arbitrary: fc.constant(1) },
    { weight: 1, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
  );
  return fc
    .record({ whole, cut, ending: fc.constantFrom('end' as const, 'destroy' as const, 'wait' as const) })
    .map(({ whole: pieces, cut: share, ending }) => ({ pieces: hungUpAfter(pieces, share), ending }));
}

/** The pieces up to a share of their bytes. */
function hungUpAfter(pieces: readonly Uint8Array[], share: number): Uint8Array[] {
  let left = Math.ceil(pieces.reduce((sum, { length }) => sum + length, 0) * share);
  return pieces.flatMap((bytes_) => {
    const taken = bytes_.subarray(0, left);
    left -= taken.length;
    return taken.length > 0 ? [taken] : [];
  });
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text);
}
