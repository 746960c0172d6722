/** Kept for programs written for version 1, which assemble chunks themselves. */

/** True when all `total` parts are there and none is empty. */
export function isChunkedMessageComplete(parts: readonly (string | undefined)[], total: number): boolean {
  if (parts.length !== total) return false;
  for (let index = 0; index < total; index++) if (!parts[index]) return false;
  return true;
}
