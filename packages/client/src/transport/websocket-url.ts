/** The address of the sync endpoint: the server's address with another scheme, and the parameters of the handshake. */
import { TriplitError } from '@triplit/db';
import type { Feature } from '@triplit/db/sync';
import type { TransportConnectParams } from './transport.ts';

/** What this client asks of a server beyond version 1. */
const FEATURES: readonly Feature[] = ['digest', 'reauthorize', 'transactions'];

const SCHEMES: Readonly<Record<string, string>> = { 'http:': 'ws', 'https:': 'wss' };

export function webSocketUrl(params: TransportConnectParams): string {
  const { server } = params;
  requireHttpUrl(server);
  const [scheme, rest] = [server.slice(0, server.indexOf('//')), server.slice(server.indexOf('//'))];
  return `${SCHEMES[scheme]}:${rest}?${handshakeQuery(params)}`;
}

/** The parameters of the handshake, for any address that begins a connection. */
export function handshakeQuery({ token, schema, syncSchema = false }: TransportConnectParams): URLSearchParams {
  const query = new URLSearchParams();
  if (schema !== undefined) query.set('schema', String(schema));
  query.set('sync-schema', String(syncSchema));
  // Servers of version 1 ignore it.
  query.set('features', FEATURES.join());
  query.set('token', token);
  return query;
}

/** Throws a `TriplitError` unless the address begins with a scheme that HTTP and WebSocket share. */
export function requireHttpUrl(serverUrl: string): void {
  if (/^https?:\/\//.test(serverUrl)) return;
  throw new TriplitError(
    `The serverUrl is '${serverUrl}'.`,
    'Invalid serverUrl provided. Must start with "http://" or "https://".',
  );
}
