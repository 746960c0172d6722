/** The HTTP API as an OpenAPI 3.1 document, made from the route table. */
import type { Route, RouteAccess, RouteParameter } from './route.ts';

type Json = Readonly<Record<string, unknown>>;

const FORBIDDEN = 'The token is missing, wrong or expired, or is no service token where one is needed';

export function openApiDocument(routes: readonly Route[], version: string): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) paths[`/${route.path}`] = { [route.method.toLowerCase()]: operation(route) };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Triplit server',
      version,
      description:
        'Live data goes over a WebSocket at `/`, or over `/message-events` and `/message`; the other routes are for everything else.',
    },
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'Any token that the server accepts',
        },
        serviceToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'A service token' },
      },
      schemas: {
        Error: {
          type: 'object',
          required: ['name', 'message', 'status'],
          properties: {
            name: { type: 'string' },
            message: { type: 'string' },
            baseMessage: { type: 'string' },
            contextMessage: { type: 'string' },
            status: { type: 'integer' },
          },
        },
      },
    },
    paths,
  };
}

const SECURITY: Readonly<Record<RouteAccess, readonly Json[]>> = {
  open: [],
  token: [{ token: [] }],
  admin: [{ serviceToken: [] }],
};

function operation(route: Route): Json {
  const error = (description: string) => ({
    description,
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
  });
  const body = requestBody(route);
  return {
    operationId: route.path,
    summary: route.summary,
    security: SECURITY[route.access],
    ...(route.query && { parameters: Object.entries(route.query).map(([name, param]) => inAddress(name, param)) }),
    ...(body && { requestBody: body }),
    responses: {
      200: { description: 'Done' },
      ...(body && { 400: error('The request is wrong; the message says how') }),
      ...(route.access !== 'open' && { 401: error(FORBIDDEN), 429: error('Too many requests in a short time') }),
      ...(body && { 413: error('The body is too large') }),
    },
  };
}

function requestBody({ body, params = {} }: Route): Json | undefined {
  if (body === 'none') return undefined;
  const entities = { type: 'object', additionalProperties: { type: 'array', items: { type: 'object' } } };
  if (body === 'bulk') return { required: true, content: { 'application/json': { schema: entities } } };
  if (body === 'form') {
    const schema = {
      type: 'object',
      required: ['data'],
      properties: { data: { type: 'string', contentMediaType: 'application/json', contentSchema: entities } },
    };
    return { required: true, content: { 'multipart/form-data': { schema } } };
  }
  const required = Object.keys(params).filter((name) => params[name]?.isOptional !== true);
  const properties = Object.fromEntries(Object.entries(params).map(([name, param]) => [name, property(param)]));
  return {
    required: required.length > 0,
    content: {
      'application/json': { schema: { type: 'object', properties, ...(required.length > 0 && { required }) } },
    },
  };
}

function inAddress(name: string, { type, about, isOptional = false }: RouteParameter): Json {
  return { name, in: 'query', required: !isOptional, description: about, schema: { type } };
}

function property({ type, about }: RouteParameter): Json {
  return { type, description: about };
}
