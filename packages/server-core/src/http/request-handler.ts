/**
 * The HTTP API as a plain function from `Request` to `Response`, to be mounted in any runtime. Never rejects; unless
 * told otherwise, responses may be read from any origin: access is decided by the token and never by a cookie.
 */
import { TriplitError } from '@triplit/db';
import { InvalidAuthenticationSchemeError, NoTokenProvidedError, TokenVerificationError } from '../errors.ts';
import type { Claims } from '../admin-access.ts';
import type { Server } from '../server.ts';
import { factsOfToken } from '../token-facts.ts';
import type { TokenFacts } from '../token-facts.ts';
import { findRoute, routeNotFoundResponse, runRoute } from './handle-request.ts';
import { readParams } from './request-body.ts';
import type { Route } from './route.ts';
import { errorResponse } from './server-response.ts';
import type { ServerResponse } from './server-response.ts';

/** `address`: where the request comes from. Requests with anonymous tokens are counted by it, where it is known. */
export type RequestHandler = (request: Request, address?: string) => Promise<Response>;

export function createRequestHandler(server: Server): RequestHandler {
  const { logger, traffic, allowedOrigins } = server.context;
  return async (request, address) => {
    const corsHeaders = allowedOrigins.headersFor(request.headers.get('Origin'));
    if (request.method === 'OPTIONS') return preflight(request, corsHeaders);
    const { pathname, searchParams } = new URL(request.url);
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    traffic?.requested(request.method, pathname);
    try {
      const response = await answer(server, { request, method, pathname, query: searchParams, address });
      traffic?.responded(request.method, pathname, response);
      return httpResponse(response, corsHeaders, request.method === 'HEAD');
    } catch (error) {
      logger.error(`${request.method} ${pathname} failed: ${String(error)}`, {
        stack: error instanceof Error ? error.stack : undefined,
      });
      return httpResponse({ statusCode: 500, payload: 'Internal server error' }, corsHeaders);
    }
  };
}

/** A request, with its address taken apart. */
interface Asked {
  readonly request: Request;
  readonly method: string;
  readonly pathname: string;
  readonly query: URLSearchParams;
  readonly address: string | undefined;
}

async function answer(server: Server, asked: Asked): Promise<ServerResponse> {
  const { request, method, pathname, query, address } = asked;
  const segments = pathname.slice(1).split('/');
  const route = findRoute(method, segments);
  if (route?.isForAllowedOriginsOnly && !server.context.allowedOrigins.allows(request.headers.get('Origin')))
    return { statusCode: 403, payload: 'Forbidden' };
  if (route?.access === 'open') return runRoute(route, server, { params: {}, token: undefined, query, address });
  let verified: { claims: Claims; facts: TokenFacts };
  try {
    verified = await authenticate(server, request);
  } catch (error) {
    if (!(error instanceof TriplitError)) throw error;
    server.context.logger.warn(`Refused ${request.method} ${pathname}: ${error.message}`);
    return errorResponse(error);
  }
  if (!route)
    return method === 'POST' ? routeNotFoundResponse(segments) : { statusCode: 404, payload: '404 Not Found' };
  return callRoute(server, route, asked, verified);
}

async function callRoute(
  server: Server,
  route: Route,
  { request, query, address }: Asked,
  { claims, facts }: { claims: Claims; facts: TokenFacts },
): Promise<ServerResponse> {
  let params: unknown;
  try {
    const { limits, principals } = server.context;
    const announced = Number(request.headers.get('Content-Length') ?? 0);
    const usage = principals.usageOf(facts, address);
    usage?.countMessage(announced);
    params = await readParams(request, route.body, limits, (bytes) => usage?.countText(bytes));
  } catch (error) {
    if (error instanceof TriplitError) return errorResponse(error);
    throw error;
  }
  return runRoute(route, server, { params, token: claims, facts, query, address });
}

/** Throws a TriplitError that says what is wrong with the header or the token. */
async function authenticate(server: Server, request: Request): Promise<{ claims: Claims; facts: TokenFacts }> {
  const header = request.headers.get('Authorization');
  if (header === null) throw new NoTokenProvidedError('Missing authorization header');
  const [scheme, token] = header.trim().split(/\s+/);
  if (scheme !== 'Bearer') throw new InvalidAuthenticationSchemeError();
  if (!token) throw new NoTokenProvidedError('Missing authorization token');
  const { tokenVerifier } = server.context;
  if (!tokenVerifier) throw new TokenVerificationError('No secret provided for token verification');
  const { claims } = await tokenVerifier.verify(token);
  return { claims, facts: factsOfToken(token) };
}

type HeaderFields = Readonly<Record<string, string>>;

function preflight(request: Request, corsHeaders: HeaderFields): Response {
  const requested = request.headers.get('Access-Control-Request-Headers');
  return new Response(null, {
    status: 204,
    headers: {
      ...corsHeaders,
      'Access-Control-Allow-Methods': 'GET,HEAD,PUT,POST,DELETE,PATCH',
      ...(requested
        ? { 'Access-Control-Allow-Headers': requested, Vary: 'Origin, Access-Control-Request-Headers' }
        : {}),
    },
  });
}

function httpResponse({ statusCode, payload }: ServerResponse, corsHeaders: HeaderFields, isHead = false): Response {
  if (payload instanceof ReadableStream) return eventStream(payload, corsHeaders, isHead);
  const isText = typeof payload === 'string';
  return new Response(isText ? payload : JSON.stringify(payload), {
    status: statusCode,
    headers: { ...corsHeaders, 'Content-Type': isText ? 'text/plain; charset=UTF-8' : 'application/json' },
  });
}

function eventStream(events: ReadableStream, corsHeaders: HeaderFields, isHead: boolean): Response {
  // Nobody will read it, and it would never end.
  if (isHead) void events.cancel();
  return new Response(isHead ? null : events, {
    headers: {
      ...corsHeaders,
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      // Asks proxies to pass each event on at once.
      'X-Accel-Buffering': 'no',
    },
  });
}
