import { expect, test } from 'vitest';
import { requireHttpUrl, webSocketUrl } from './websocket-url.ts';

const url = (server: string, schema?: number): string => webSocketUrl({ server, token: 'a.b+c', schema });

test('follows the address of the server', () => {
  expect(url('http://localhost:6543')).toBe(
    'ws://localhost:6543?sync-schema=false&features=digest%2Creauthorize%2Ctransactions&token=a.b%2Bc',
  );
  expect(url('https://example.com/sync', 7)).toBe(
    'wss://example.com/sync?schema=7&sync-schema=false&features=digest%2Creauthorize%2Ctransactions&token=a.b%2Bc',
  );
});

test.each(['localhost', 'ws://x', '', 'httpx://x'])('%s is no address', (server) => {
  expect(() => requireHttpUrl(server)).toThrow('Must start with "http://" or "https://"');
});
