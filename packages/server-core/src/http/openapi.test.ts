import { describe, expect, it } from 'vitest';
import { TodoServer } from '../../../../tests/support/todo-server.ts';
import { createRequestHandler } from './request-handler.ts';
import { routes } from './routes.ts';

describe('the OpenAPI document', () => {
  it('is served without a token and describes every route', async () => {
    const { server } = await TodoServer.start();
    const response = await createRequestHandler(server)(new Request('http://localhost/openapi.json'));
    expect(response.headers.get('Content-Type')).toBe('application/json');
    const document = (await response.json()) as { openapi: string; paths: Record<string, Record<string, any>> };
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual(routes.map(({ path }) => `/${path}`));
    expect(document.paths['/healthcheck']!['get'].security).toEqual([]);
    expect(document.paths['/override-schema']!['post']).toMatchObject({
      security: [{ serviceToken: [] }],
      requestBody: { content: { 'application/json': { schema: { required: ['schema'] } } } },
    });
    expect(document.paths['/bulk-insert-file']!['post'].requestBody.content).toHaveProperty('multipart/form-data');
  });

  it('names the parameters of every route that takes some', () => {
    const unnamed = routes.filter(
      ({ body, params, path }) => body === 'json' && !params && !['stats', 'settings', 'tokens'].includes(path),
    );
    expect(unnamed.map(({ path }) => path)).toEqual(['webhooks-get', 'webhooks-push', 'webhooks-clear']);
  });
});

describe('allowed origins', () => {
  const origin = 'https://app.example.com';
  const allowed = async (corsOrigins: string[] | undefined, from: string) => {
    const { server } = await TodoServer.start({ corsOrigins });
    const request = new Request('http://localhost/healthcheck', { headers: { Origin: from } });
    return (await createRequestHandler(server)(request)).headers.get('Access-Control-Allow-Origin');
  };

  it('are all by default, and only those that are listed otherwise', async () => {
    expect(await allowed(undefined, origin)).toBe('*');
    expect(await allowed(['*'], origin)).toBe('*');
    expect(await allowed([`${origin}/`], origin)).toBe(origin);
    expect(await allowed([origin], 'https://evil.example.com')).toBe(null);
    expect(await allowed([origin], 'null')).toBe(null);
  });
});
