/**
 * The HTTP API as a plain function from `Request` to `Response`, to be mounted in any runtime. Never rejects; every
 * response may be read from any origin, since access is decided by the token and never by a cookie.
 */
import { TriplitError } from '@triplit/db';
import { InvalidAuthenticationSchemeError, NoTokenProvidedError, TokenVerificationError } from '../errors.ts';
import type { Server } from '../server.ts';
import type { TokenVerification } from '../server-context.ts';
import { errorResponse, findRoute, routeNotFoundResponse, runRoute } from './handle-request.ts';
import { readParams } from './request-body.ts';
import type { Route, ServerResponse } from './route.ts';

export type RequestHandler = (request: Request) => Promise<Response>;

export function createRequestHandler(server: Server): RequestHandler {
  const logger = server.context.logger.context('request');
  return async (request) => {
    if (request.method === 'OPTIONS') return preflight(request);
    const { pathname, searchParams } = new URL(request.url);
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    try {
      const response = await answer(server, request, method, pathname, searchParams);
      logger.debug(`${request.method} ${pathname} ${response.status}`);
      return response;
    } catch (error) {
      logger.error(`${request.method} ${pathname} failed: ${String(error)}`, { stack: error instanceof Error ? error.stack : undefined });
      return httpResponse({ statusCode: 500, payload: 'Internal server error' });
    }
  };
}

async function answer(server: Server, request: Request, method: string, pathname: string, query: URLSearchParams): Promise<Response> {
  const segments = pathname.slice(1).split('/');
  const route = findRoute(method, segments);
  if (route?.access === 'open') return httpResponse(await runRoute(route, { server, params: {}, token: undefined, query }));
  const verification = await authenticate(server, request);
  if ('error' in verification) {
    server.context.logger.warn(`Refused ${request.method} ${pathname}: ${verification.error.message}`);
    return httpResponse(errorResponse(verification.error));
  }
  if (!route) return httpResponse(method === 'POST' ? routeNotFoundResponse(segments) : { statusCode: 404, payload: '404 Not Found' });
  return httpResponse(await callRoute(server, route, request, verification, query));
}

async function callRoute(
  server: Server,
  route: Route,
  request: Request,
  { data, expiresAt }: Exclude<TokenVerification, { error: TriplitError }>,
  query: URLSearchParams,
): Promise<ServerResponse> {
  let params: unknown;
  try {
    params = await readParams(request, route.body, server.context.limits);
  } catch (error) {
    if (error instanceof TriplitError) return errorResponse(error);
    throw error;
  }
  return runRoute(route, { server, params, token: data, expiresAt, query });
}

async function authenticate(server: Server, request: Request): Promise<TokenVerification> {
  const header = request.headers.get('Authorization');
  if (header === null) return { error: new NoTokenProvidedError('Missing authorization header') };
  const [scheme, token] = header.trim().split(/\s+/);
  if (scheme !== 'Bearer') return { error: new InvalidAuthenticationSchemeError() };
  if (!token) return { error: new NoTokenProvidedError('Missing authorization token') };
  const { verifyToken } = server.context;
  if (!verifyToken) return { error: new TokenVerificationError('No secret provided for token verification') };
  return verifyToken(token);
}

const corsHeaders = { 'Access-Control-Allow-Origin': '*' };

function preflight(request: Request): Response {
  const requested = request.headers.get('Access-Control-Request-Headers');
  return new Response(null, {
    status: 204,
    headers: {
      ...corsHeaders,
      'Access-Control-Allow-Methods': 'GET,HEAD,PUT,POST,DELETE,PATCH',
      ...(requested ? { 'Access-Control-Allow-Headers': requested, Vary: 'Access-Control-Request-Headers' } : {}),
    },
  });
}

function httpResponse({ statusCode, payload }: ServerResponse): Response {
  const isText = typeof payload === 'string';
  return new Response(isText ? payload : JSON.stringify(payload), {
    status: statusCode,
    headers: { ...corsHeaders, 'Content-Type': isText ? 'text/plain; charset=UTF-8' : 'application/json' },
  });
}
