/** Makes requests of a server's handler, without a network, and signs tokens that it accepts. */
import { createRequestHandler, createTokenVerifier } from '@triplit/server-core';
import type { RequestHandler, ServerLimits } from '@triplit/server-core';
import { SignJWT } from 'jose';
import { TodoServer } from './todo-server.ts';

export const jwtSecret = 'a secret that is long enough for HS256';

export function signToken(claims: Record<string, unknown>): Promise<string> {
  const header = { alg: 'HS256', typ: 'JWT' };
  return new SignJWT(claims).setProtectedHeader(header).sign(new TextEncoder().encode(jwtSecret));
}

export const tokens = {
  alice: await signToken({ sub: 'alice' }),
  bob: await signToken({ sub: 'bob' }),
  service: await signToken({ 'x-triplit-token-type': 'secret' }),
};

export interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly headers: Headers;
  readonly body: any;
}

export interface RequestParts {
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export class ApiClient {
  readonly todos: TodoServer;
  readonly #handle: RequestHandler;

  constructor(todos: TodoServer) {
    this.todos = todos;
    this.#handle = createRequestHandler(todos.server);
  }

  static async start(limits: Partial<ServerLimits> = {}): Promise<ApiClient> {
    const tokenVerifier = createTokenVerifier({ jwtSecret });
    await tokenVerifier.ready;
    return new ApiClient(await TodoServer.start({ tokenVerifier, limits }));
  }

  async request(method: string, path: string, { token, body, headers }: RequestParts = {}): Promise<Answer> {
    const authorization: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    const init: RequestInit = { method, headers: { ...authorization, ...headers } };
    if (body !== undefined)
      init.body = body instanceof FormData || typeof body === 'string' ? body : JSON.stringify(body);
    const response = await this.#handle(new Request(`http://localhost${path}`, init));
    const type = response.headers.get('Content-Type');
    const text = await response.text();
    return {
      status: response.status,
      type,
      headers: response.headers,
      body: type === 'application/json' ? JSON.parse(text) : text,
    };
  }

  asAlice(path: string, body?: unknown): Promise<Answer> {
    return this.request('POST', path, { token: tokens.alice, body });
  }

  asBob(path: string, body?: unknown): Promise<Answer> {
    return this.request('POST', path, { token: tokens.bob, body });
  }

  asService(path: string, body?: unknown): Promise<Answer> {
    return this.request('POST', path, { token: tokens.service, body });
  }
}
