/**
 * Debug records of messages and requests: their type and outcome, never what they carry, so that neither data nor tokens
 * get into a log. Errors sent to a client are told in full.
 */
import type { ErrorMessage } from '@triplit/db/sync';
import type { Logger } from '@triplit/logger';
import type { ServerResponse } from './http/server-response.ts';
import type { OutgoingMessage } from './sync/outlet.ts';

export class TrafficLog {
  readonly #messages: Logger;
  readonly #requests: Logger;
  readonly #responses: Logger;

  constructor(logger: Logger) {
    this.#messages = logger.context('message');
    this.#requests = logger.context('request');
    this.#responses = logger.context('response');
  }

  received(type: string, clientId: string): void {
    this.#messages.debug(`received ${type} from client ${clientId}`, {
      direction: 'received',
      clientId,
      message: { type },
    });
  }

  sent(message: OutgoingMessage, clientId: string): void {
    const { type } = message;
    this.#messages.debug(`sent ${type} to client ${clientId}`, {
      direction: 'sent',
      clientId,
      message: { type, ...reasonIn(message) },
    });
  }

  requested(method: string, path: string): void {
    this.#requests.debug(`${method} ${path}`, { method, path });
  }

  responded(method: string, path: string, { statusCode, payload }: ServerResponse): void {
    const told =
      statusCode >= 400 ? { method, path, status: statusCode, payload } : { method, path, status: statusCode };
    this.#responses.debug(`${method} ${path} ${statusCode}`, told);
  }
}

/** Why a client was refused, without the frame that an error about it may repeat. */
function reasonIn(message: OutgoingMessage): { payload?: unknown } {
  if (message.type === 'CLOSE') return { payload: message.payload() };
  if (message.type !== 'ERROR') return {};
  const { messageType, error } = message.payload() as ErrorMessage['payload'];
  return { payload: { messageType, error } };
}
