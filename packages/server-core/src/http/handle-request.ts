/** Runs one request against the route table: finds the route, checks access, and turns what it throws into a response. */
import { TriplitError } from '@triplit/db';
import type { Claims } from '../admin-access.ts';
import { hasAdminAccess } from '../admin-access.ts';
import { errorForClient } from '../error-for-client.ts';
import { RouteNotFoundError, ServiceKeyRequiredError } from '../errors.ts';
import type { TokenFacts } from '../token-facts.ts';
import { isObject } from './is-object.ts';
import type { Route, RouteHost } from './route.ts';
import { routes } from './routes.ts';
import { errorResponse } from './server-response.ts';
import type { ServerResponse } from './server-response.ts';

const routeByName = new Map(routes.map((route) => [`${route.method} ${route.path}`, route]));

export function findRoute(method: string, segments: readonly string[]): Route | undefined {
  return segments.length === 1 ? routeByName.get(`${method} ${segments[0]}`) : undefined;
}

/** The HTTP API for programs in the same process. `segments`: the path. Never rejects. */
export async function handleRequest(
  host: RouteHost,
  segments: readonly string[],
  params: unknown,
  token: Claims | undefined,
): Promise<ServerResponse> {
  const route = findRoute('POST', segments) ?? findRoute('GET', segments);
  return route ? runRoute(route, host, { params, token }) : routeNotFoundResponse(segments);
}

export interface RouteCall {
  readonly params: unknown;
  /** The claims of the verified token, if there is one. */
  readonly token: Claims | undefined;
  readonly facts?: TokenFacts;
  readonly query?: URLSearchParams;
  readonly address?: string | undefined;
}

export async function runRoute(
  route: Route,
  host: RouteHost,
  { params, token, facts, query, address }: RouteCall,
): Promise<ServerResponse> {
  const isAdmin = hasAdminAccess(token);
  if (route.access !== 'open' && !token) return errorResponse(new TriplitError('Token is required'));
  if (route.access === 'admin' && !isAdmin) return errorResponse(new ServiceKeyRequiredError());
  try {
    const payload = await route.handle({
      context: host.context,
      connections: host.connections,
      token: token ?? {},
      facts,
      db: host.context.db.withSessionVars({ ...token }),
      isAdmin,
      params: isObject(params) ? params : {},
      query: query ?? new URLSearchParams(),
      address,
    });
    return { statusCode: 200, payload };
  } catch (error) {
    const { failure = 'An unknown error occurred processing your request.' } = route;
    return errorResponse(errorForClient(error, `the request to /${route.path}`, host.context.logger, failure));
  }
}

export function routeNotFoundResponse(segments: readonly string[]): ServerResponse {
  return errorResponse(new RouteNotFoundError(segments));
}
