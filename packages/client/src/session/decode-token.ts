/** Reads the claims of a JSON Web Token. The signature is the server's business; nothing here makes a token trustworthy. */

export type TokenClaims = Record<string, any>;

/** The payload, or undefined when the text is no token. Never throws. */
export function decodeToken(token: string | null | undefined): TokenClaims | undefined {
  const parts = typeof token === 'string' ? token.split('.') : [];
  if (parts.length !== 3) return undefined;
  try {
    const claims: unknown = JSON.parse(decodeBase64Url(parts[1]!));
    return typeof claims === 'object' && claims !== null && !Array.isArray(claims) ? claims : undefined;
  } catch {
    return undefined;
  }
}

/** The claims at a dot path of the payload; undefined when it leads nowhere. */
export function claimsAtPath(claims: TokenClaims | undefined, path: string | undefined): TokenClaims | undefined {
  if (path === undefined || path === '') return claims;
  let current: unknown = claims;
  for (const key of path.split('.')) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined;
    current = (current as Record<string, unknown>)[key];
  }
  return typeof current === 'object' && current !== null ? current : undefined;
}

function decodeBase64Url(text: string): string {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(binary, (unit) => unit.charCodeAt(0)));
}
