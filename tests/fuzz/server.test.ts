/**
 * A server that is sent nonsense: whatever comes, it answers or closes, reports no fault of its own, and serves the next
 * one. `npm run fuzz -- --runs N --seed S` runs it for longer; unhandled rejections fail any test.
 */
import { createDB } from '@triplit/db';
import { Logger } from '@triplit/logger';
import { MemoryHandler } from '@triplit/logger/memory';
import { createRequestHandler, createTokenVerifier, Server } from '@triplit/server-core';
import fc from 'fast-check';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { connectInProcess } from '../support/sync-client.ts';
import { encodedTodo, todoSchema } from '../support/todo-schema.ts';
import { alice, service } from '../support/todo-server.ts';
import { hostileFrame, hostileRequest } from './hostile-input.ts';

const inputs = Number(process.env['FUZZ_RUNS'] ?? 4_000);
const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const INPUTS_PER_RUN = 20;
const parameters = { numRuns: Math.ceil(inputs / INPUTS_PER_RUN), seed };
const TIMEOUT_MS = Math.max(120_000, inputs * 5);
const UNLIMITED = 1e12;

const secret = 'the secret of a server that is fuzzed';

async function start() {
  const log = new MemoryHandler();
  const { db } = await createDB({ schema: todoSchema, clientId: 'server', persistClock: true });
  const sets = new Map([['t1', encodedTodo('t1', { authorId: 'alice' })]]);
  await db.commitChanges({ todos: { sets, deletes: new Set() } }, { skipRules: true }).durable;
  const server = new Server(db, {
    logger: new Logger([log]),
    tokenVerifier: createTokenVerifier({ jwtSecret: secret }),
    limits: {
      messagesPerSecond: UNLIMITED,
      charactersPerSecond: UNLIMITED,
      messagesPerSecondPerPrincipal: UNLIMITED,
      charactersPerSecondPerPrincipal: UNLIMITED,
    },
  });
  const faults = () => log.logs.filter(({ level }) => level === 'ERROR' || level === 'FATAL');
  return { server, faults };
}

describe(`a server sent ${inputs} hostile inputs, seed ${seed}`, () => {
  it.each([
    ['user', alice],
    ['service token', service],
  ])(
    'goes on after frames of a %s',
    async (_who, token) => {
      await fc.assert(
        fc.asyncProperty(fc.array(hostileFrame, { maxLength: INPUTS_PER_RUN * 2 }), async (frames) => {
          const { server, faults } = await start();
          const hostile = server.openConnection(token, { features: new Set(['digest', 'transactions']) });
          hostile.addListener(() => undefined);
          await hostile.start();
          for (const frame of frames) await hostile.receive(frame);
          await new Promise((resolve) => setImmediate(resolve));
          expect(faults()).toEqual([]);
          const other = connectInProcess(server, service);
          await other.next('READY');
          await other.query('q', { collectionName: 'todos' });
          other.close();
          hostile.close();
        }),
        parameters,
      );
    },
    TIMEOUT_MS,
  );

  it.each([
    ['user', alice],
    ['service token', service],
  ])(
    'answers every request of a %s',
    async (_who, claims) => {
      const token = await new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256' })
        .sign(new TextEncoder().encode(secret));
      const headers = { Authorization: `Bearer ${token}` };
      await fc.assert(
        fc.asyncProperty(fc.array(hostileRequest, { maxLength: INPUTS_PER_RUN * 2 }), async (requests) => {
          const { server, faults } = await start();
          const handle = createRequestHandler(server);
          for (const { path, body } of requests) {
            const response = await handle(new Request(`http://localhost/${path}`, { method: 'POST', headers, body }));
            const text = await response.text();
            if (path !== 'update-token' && path !== 'version' && path !== 'nope')
              expect(() => JSON.parse(text) as unknown, text).not.toThrow();
          }
          expect(faults()).toEqual([]);
          expect((await handle(new Request('http://localhost/healthcheck'))).status).toBe(200);
        }),
        parameters,
      );
    },
    TIMEOUT_MS,
  );
});
