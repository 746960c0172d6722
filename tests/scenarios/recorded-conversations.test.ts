/**
 * Conversations that were recorded between clients and a server of version 1, held again with this server: what clients
 * sent is sent, and what came back then has to come back now. Left out of the comparison: times, ids of connections, the
 * wording of errors (their names count), and collections that are listed without news.
 */
import { readFileSync } from 'node:fs';
import { createDB } from '@triplit/db';
import { createTokenVerifier, Server, SocketSession, socketParameters } from '@triplit/server-core';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { todoSchema } from '../support/todo-schema.ts';

interface Line {
  readonly note?: string;
  readonly client: string;
  readonly open?: Record<string, string>;
  readonly claims?: Record<string, unknown> | string;
  readonly sent?: any;
  readonly received?: any;
  readonly closed?: { readonly code: number; readonly reason: unknown };
  readonly left?: true;
}

const secret = 'the secret of a server that remembers';

async function tokenOf(claims: Line['claims']): Promise<string> {
  if (claims === undefined || typeof claims === 'string') return claims ?? '';
  return new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret));
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 15));

/** What counts of a message. */
function essence({ type, payload }: { type: string; payload: any }): unknown {
  switch (type) {
    case 'ENTITY_DATA':
      return { type, forQueries: [...payload.forQueries].sort(), changes: news(payload.changes.json) };
    case 'ERROR':
      return {
        type,
        messageType: payload.messageType,
        error: payload.error.name,
        status: payload.error.status,
        query: payload.metadata?.queryKey,
        inner: payload.metadata?.innerError?.name,
        failures: payload.metadata?.failures?.map(({ collection, error }: any) => [collection, error.name]),
      };
    case 'CLOSE':
      return { type, reason: payload.type, retry: payload.retry };
    default:
      return { type };
  }
}

function news(json: Record<string, { sets: [string, unknown][]; deletes: string[] }>): unknown {
  return Object.entries(json)
    .filter(([, { sets, deletes }]) => sets.length + deletes.length > 0)
    .map(([collection, { sets, deletes }]) => ({
      collection,
      sets: sets.toSorted(([a], [b]) => (a < b ? -1 : 1)),
      deletes: deletes.toSorted(),
    }))
    .sort((a, b) => (a.collection < b.collection ? -1 : 1));
}

class Conversation {
  readonly #server: Server;
  readonly #sessions = new Map<string, SocketSession>();
  /** By client, what came since it was last compared. */
  readonly #received = new Map<string, { type: string; payload: any }[]>();
  /** Timestamps of then, with those that came in their place now. */
  readonly #timestamps = new Map<string, unknown>();

  constructor(server: Server) {
    this.#server = server;
  }

  async open({ client, open, claims }: Line): Promise<void> {
    const received: { type: string; payload: any }[] = [];
    this.#received.set(client, received);
    const session = new SocketSession(this.#server, {
      send: (frame) => received.push(JSON.parse(frame) as (typeof received)[number]),
      close: (code, reason) => received.push({ type: 'closed', payload: { code, reason } }),
      bufferedBytes: () => 0,
    });
    this.#sessions.set(client, session);
    const query = new URLSearchParams({ ...open, ...(claims === undefined ? {} : { token: await tokenOf(claims) }) });
    await session.open(socketParameters(query));
  }

  async send({ client, sent }: Line): Promise<void> {
    this.#sessions
      .get(client)!
      .receive(typeof sent === 'string' ? sent : JSON.stringify(await this.#presentForm(sent)));
    await settle();
  }

  leave({ client }: Line): void {
    this.#sessions.get(client)?.closed(1000);
  }

  take(client: string): { type: string; payload: any }[] {
    return this.#received.get(client)?.splice(0) ?? [];
  }

  remember(then: any, now: any): void {
    if (then?.timestamp && now?.timestamp) this.#timestamps.set(JSON.stringify(then.timestamp), now.timestamp);
  }

  /** Tokens signed by the secret of this test, and timestamps of this server in the place of those of then. */
  async #presentForm(message: any): Promise<unknown> {
    const form = structuredClone(message);
    if (form?.payload?.token?.claims) form.payload.token = await tokenOf(form.payload.token.claims);
    const state = form?.payload?.state;
    if (state) state.timestamp = this.#timestamps.get(JSON.stringify(state.timestamp)) ?? this.#server.db.clock.next();
    return form;
  }
}

describe.each(['01-connect-subscribe-write', '04-schema-negotiation', '05-raw-messages'])('%s', (name) => {
  it('goes as it went then', async () => {
    const text = readFileSync(new URL(`../vectors/wire/${name}.jsonl`, import.meta.url), 'utf8');
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
    const { db } = await createDB({ schema: todoSchema, clientId: 'server', persistClock: true });
    const server = new Server(db, { tokenVerifier: createTokenVerifier({ jwtSecret: secret }) });
    const conversation = new Conversation(server);
    let note = '';
    let expected = new Map<string, any[]>();
    let compared = 0;
    const compare = async () => {
      await settle();
      for (const [client, then] of expected) {
        const now = conversation.take(client);
        const messages = now.filter(({ type }) => type !== 'closed');
        expect(messages.map(essence), `${note}: ${client}`).toEqual(then.map(essence));
        for (const [index, message] of then.entries()) conversation.remember(message.payload, messages[index]!.payload);
        compared += then.length;
      }
      expected = new Map();
    };
    for (const line of lines) {
      if (line.received !== undefined) {
        expected.set(line.client, [...(expected.get(line.client) ?? []), line.received]);
        continue;
      }
      await compare();
      if (line.note !== undefined) note = line.note;
      else if (line.open) await conversation.open(line);
      else if (line.sent !== undefined) await conversation.send(line);
      else if (line.left) conversation.leave(line);
    }
    await compare();
    expect(compared).toBe(lines.filter(({ received }) => received !== undefined).length);
  });
});
