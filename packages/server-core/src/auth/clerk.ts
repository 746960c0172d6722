/** Clerk's publishable key names the issuer of its session tokens, and with it the URL of the keys. */
import { decodePastedBase64 } from './base64.ts';

export interface ClerkInstance {
  readonly issuer: string;
  readonly jwksUrl: string;
}

/** Throws an Error whose message completes "the key …". */
export function parseClerkPublishableKey(text: string): ClerkInstance {
  const key = text.trim().replace(/^(["'])(.*)\1$/, '$2');
  if (key.startsWith('sk_'))
    throw new Error('is a secret key; take it out of this setting and use the publishable key (pk_…)');
  const encoded = /^pk_(?:test|live)_([A-Za-z0-9+/_=-]+)$/.exec(key)?.[1];
  const bytes = encoded === undefined ? undefined : decodePastedBase64(encoded);
  const host = bytes && /^([a-z0-9-]+(?:\.[a-z0-9-]+)+)\$$/i.exec(new TextDecoder().decode(bytes))?.[1];
  if (!host)
    throw new Error('is not a publishable key of Clerk (pk_test_… or pk_live_…); copy it again from the dashboard');
  return { issuer: `https://${host}`, jwksUrl: `https://${host}/.well-known/jwks.json` };
}
