/** Base64 in its two spellings, without leniency: whatever has loose characters, padding or stray bits is not decoded. */

/** Undefined unless the text is base64url as RFC 7515 wants it: no padding, no white space, unused bits zero. */
export function decodeBase64Url(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return undefined;
  const bytes = fromBase64(text.replaceAll('-', '+').replaceAll('_', '/'));
  return encodeBase64Url(bytes) === text ? bytes : undefined;
}

/** Either alphabet, padded or not, white space ignored: for text that people paste. Undefined when it is something else. */
export function decodePastedBase64(text: string): Uint8Array | undefined {
  const compact = text.replace(/\s+/g, '');
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(compact)) return undefined;
  const bare = compact.replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/');
  return bare.length % 4 === 1 ? undefined : fromBase64(bare);
}

export function encodeBase64Url(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function fromBase64(text: string): Uint8Array {
  const binary = atob(text);
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}
