/** OpenID Connect discovery: from the name of an issuer to the URL of its keys. */
import { fetchJson, requireTrustworthyUrl } from './fetch-json.ts';
import type { Fetch } from './fetch-json.ts';

/** Throws an Error whose message says why the keys cannot be found. */
export async function discoverJwksUrl(issuer: string, fetch: Fetch, timeoutMs?: number): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const document = await fetchJson(url, fetch, timeoutMs);
  // Else one tenant of a host could speak for another (OpenID Connect Discovery 1.0, §4.3).
  if (document['issuer'] !== issuer)
    throw new Error('its discovery document names another issuer; write the issuer exactly as its tokens do');
  const { jwks_uri: jwksUrl } = document;
  if (typeof jwksUrl !== 'string') throw new Error('its discovery document names no keys ("jwks_uri")');
  const keys = requireTrustworthyUrl(jwksUrl);
  // An issuer elsewhere must not make this server ask services of its own machine.
  if (new URL(issuer).protocol === 'https:' && keys.protocol !== 'https:')
    throw new Error(`${keys.host} must be asked over https`);
  return keys.href;
}
