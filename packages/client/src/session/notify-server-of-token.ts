/** Lets a live connection know its newer token, so that it outlives the old one. */
import type { Logger } from '@triplit/logger';
import type { Connection } from '../sync/connection.ts';

const TIMEOUT_MS = 5_000;

/**
 * Over the socket if the server changes rights in place, so that the token takes effect between the messages before and
 * after it. Otherwise over HTTP, which every server understands, and if that fails over the socket after all, where there
 * is no answer. Never rejects: a server that hears of neither closes the connection when the old token expires, and the
 * client reconnects with the new one.
 */
export async function notifyServerOfToken(
  connection: Connection,
  serverUrl: string,
  token: string,
  logger: Logger,
): Promise<void> {
  const { clientId } = connection;
  if (connection.hasFeature('reauthorize')) {
    connection.send({ type: 'UPDATE_TOKEN', payload: { token } });
    return;
  }
  try {
    const response = await fetch(`${serverUrl.replace(/\/+$/, '')}/update-token`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ clientId }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.ok) return;
    logger.debug(`The server answered the token update with status ${response.status}.`);
  } catch (error) {
    logger.debug(`The token update over HTTP failed: ${String(error)}`);
  }
  if (connection.clientId === clientId) connection.send({ type: 'UPDATE_TOKEN', payload: { token } });
}
