/** One route of the HTTP API: how it is reached, who may use it, and what it does. */
import type { DB } from '@triplit/db';
import type { Claims } from '../admin-access.ts';
import type { Connections } from '../connections.ts';
import type { ServerContext } from '../server-context.ts';
import type { TokenFacts } from '../token-facts.ts';

/** `open`: no token. `token`: any valid token, permissions apply. `admin`: a service token. */
export type RouteAccess = 'open' | 'token' | 'admin';

/**
 * How the body is read. `json`: an object; what is missing or malformed counts as `{}`. `bulk`: the same under the bulk
 * limit, and malformed JSON is refused. `form`: multipart, its field `data` is the JSON text.
 */
export type RouteBody = 'none' | 'json' | 'bulk' | 'form';

/** The server, as far as routes need it. */
export interface RouteHost {
  readonly context: ServerContext;
  readonly connections: Connections;
}

export interface RouteRequest extends RouteHost {
  /** The claims of the verified token; `{}` on open routes. */
  readonly token: Claims;
  /** Of the token. Undefined when the claims are all that is known. */
  readonly facts: TokenFacts | undefined;
  /** The database with the session of the token. `context.db` is the one without. */
  readonly db: DB;
  readonly isAdmin: boolean;
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: URLSearchParams;
  /** Where the request comes from, if that is known. */
  readonly address: string | undefined;
}

/** A value in the body or the address of a request: what it is, as a JSON Schema type. */
export interface RouteParameter {
  readonly type: 'string' | 'boolean' | 'object' | 'array';
  readonly about: string;
  readonly isOptional?: boolean;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  /** One segment. */
  readonly path: string;
  readonly access: RouteAccess;
  readonly body: RouteBody;
  /** Whether pages of other origins get 403, as for sockets, rather than an answer that they cannot read. */
  readonly isForAllowedOriginsOnly?: boolean;
  /** For the documentation. */
  readonly summary: string;
  /** The parameters in the body, for the documentation. */
  readonly params?: Readonly<Record<string, RouteParameter>>;
  /** The parameters in the address, for the documentation. */
  readonly query?: Readonly<Record<string, RouteParameter>>;
  /** Returns the payload of a 200 response. What it throws becomes the error response. */
  handle(request: RouteRequest): unknown;
  /** The answer to a failure that is not meant for the client. */
  readonly failure?: string;
}
