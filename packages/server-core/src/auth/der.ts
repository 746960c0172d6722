/** Reads DER, the encoding inside of PEM keys and certificates, strictly: definite minimal lengths, nothing left over. */

export const DER = {
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  NULL: 0x05,
  OBJECT_IDENTIFIER: 0x06,
  SEQUENCE: 0x30,
  CONTEXT_0: 0xa0,
} as const;

export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
}

/** The one element that the bytes are. Throws when there is anything else. */
export function readDer(bytes: Uint8Array): DerElement {
  const elements = readAll(bytes);
  if (elements.length !== 1) throw new Error('the DER is not one element');
  return elements[0]!;
}

export function childrenOf(element: DerElement | undefined): readonly DerElement[] {
  if (element?.tag !== DER.SEQUENCE) throw new Error('a DER sequence is missing');
  return readAll(element.content);
}

/** The content of a non-negative INTEGER without its sign byte. */
export function unsignedInteger(element: DerElement | undefined): Uint8Array {
  const bytes = element?.tag === DER.INTEGER ? element.content : undefined;
  if (!bytes || bytes.length === 0 || bytes[0]! >= 0x80) throw new Error('a DER integer is missing or negative');
  if (bytes[0] !== 0 || bytes.length === 1) return bytes;
  if (bytes[1]! < 0x80) throw new Error('a DER integer is padded');
  return bytes.subarray(1);
}

/** The bytes of a BIT STRING that ends on a byte boundary. */
export function bitString(element: DerElement | undefined): Uint8Array {
  if (element?.tag !== DER.BIT_STRING || element.content[0] !== 0) throw new Error('a DER bit string is missing');
  return element.content.subarray(1);
}

/** As lower-case hex of its content. */
export function objectIdentifier(element: DerElement | undefined): string {
  if (element?.tag !== DER.OBJECT_IDENTIFIER) throw new Error('a DER object identifier is missing');
  return Array.from(element.content, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function readAll(bytes: Uint8Array): DerElement[] {
  const elements: DerElement[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at]!;
    const { length, start } = readLength(bytes, at + 1);
    if (start + length > bytes.length) throw new Error('the DER is cut off');
    elements.push({ tag, content: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return elements;
}

function readLength(bytes: Uint8Array, at: number): { length: number; start: number } {
  const first = bytes[at];
  if (first === undefined) throw new Error('the DER is cut off');
  if (first < 0x80) return { length: first, start: at + 1 };
  const size = first - 0x80;
  if (size < 1 || size > 3) throw new Error('the DER has an unsupported length');
  let length = 0;
  for (let index = 1; index <= size; index++) length = length * 256 + (bytes[at + index] ?? Number.NaN);
  if (Number.isNaN(length)) throw new Error('the DER is cut off');
  if (length < 0x80 || length < 256 ** (size - 1)) throw new Error('the DER has a padded length');
  return { length, start: at + 1 + size };
}
