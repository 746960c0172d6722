/**
 * Plays a recording of clients and a server of version 1 to this server, line by line, and compares what comes back. Left
 * out of the comparison: times, ids of connections and generated ids, the wording of errors (name and status count), and
 * collections that are listed without news. Where this server differs on purpose, the recording says so at the very line.
 */
import { createDB } from '@triplit/db';
import type { DBSchema } from '@triplit/db';
import {
  createRequestHandler,
  createTokenVerifier,
  Server,
  SocketSession,
  socketParameters,
  withDefaultRoles,
} from '@triplit/server-core';
import type { RequestHandler, ServerLimits } from '@triplit/server-core';
import { SignJWT } from 'jose';
import { expect } from 'vitest';
import { todoSchema } from './todo-schema.ts';

interface Credentials {
  readonly claims?: Record<string, unknown> | string;
  readonly alg?: string;
  readonly expiresInSeconds?: number;
  readonly signedWith?: string;
  /** The token as it was sent. */
  readonly token?: string;
  /** The whole header `Authorization`. */
  readonly authorization?: string;
}

/** One line: something done, or something that came back then. */
export interface Line extends Credentials {
  readonly note?: string;
  /** Starts another server. Default: one with the todo schema. */
  readonly server?: { schema?: false; roles?: false; limits?: Partial<ServerLimits> };
  readonly pauseSeconds?: number;
  readonly client?: string;
  readonly open?: Record<string, string>;
  readonly sent?: any;
  readonly inChunks?: number;
  readonly received?: any;
  /** What comes here and did not come then. */
  readonly instead?: any;
  /** Why this server differs: what was received then does not come, or `instead` and `now` do. */
  readonly because?: string;
  readonly closed?: { readonly code: number; readonly reason: unknown };
  readonly left?: number | true;
  /** What the process of version 1 ended with here. */
  readonly then?: string;
  /** Method and path of a request. Without a `status` it was not recorded: it does what the recording presupposes. */
  readonly http?: string;
  readonly body?: unknown;
  readonly form?: Record<string, string>;
  readonly megabytes?: number;
  readonly withoutCollection?: string;
  readonly status?: number;
  readonly type?: string;
  readonly answer?: any;
  /** The recording holds no more of the answer than this. */
  readonly answerHas?: object;
  readonly firstIssue?: object;
  readonly issues?: number;
  readonly now?: { readonly status?: number; readonly type?: string | null; readonly answer?: any };
}

interface Message {
  readonly type: string;
  readonly payload: any;
}

const secret = 'the secret of a server that remembers';
const settle = (ms = 15) => new Promise((resolve) => setTimeout(resolve, ms));

export class RecordedConversation {
  #server!: Server;
  #handle!: RequestHandler;
  readonly #sessions = new Map<string, SocketSession>();
  /** By client, what came since it was last compared. */
  readonly #received = new Map<string, Message[]>();
  readonly #expected = new Map<string, Message[]>();
  readonly #gone = new Set<string>();
  /** Timestamps and ids of connections of then, with those that came in their place now. */
  readonly #replaced = new Map<string, unknown>();
  #note = '';
  compared = 0;
  readonly differences: string[] = [];

  async play(lines: readonly Line[]): Promise<void> {
    if (!lines[0]?.server) await this.#start({});
    for (const [index, line] of lines.entries()) {
      if (line.received !== undefined || line.instead !== undefined || line.closed) {
        this.#expect(line);
        continue;
      }
      await this.#compare();
      await this.#do(line);
      // What was sent back to back is.
      if (line.sent !== undefined && lines[index + 1]?.sent === undefined) await settle();
    }
    await this.#compare();
    this.#expectNothingElse();
  }

  async #do(line: Line): Promise<void> {
    if (line.note !== undefined) {
      this.#expectNothingElse();
      this.#note = line.note;
    } else if (line.server) await this.#start(line.server);
    else if (line.pauseSeconds !== undefined) await settle(line.pauseSeconds * 1000);
    else if (line.open) await this.#open(line);
    else if (line.sent !== undefined) await this.#send(line);
    else if (line.http !== undefined) await this.#request(line);
    else if (line.left !== undefined) this.#leave(line);
  }

  async #start({ schema, roles, limits }: NonNullable<Line['server']>): Promise<void> {
    const { roles: _, ...withoutRoles } = todoSchema;
    const { db } = await createDB({
      ...(schema !== false && {
        schema: roles === false ? withDefaultRoles(withoutRoles as DBSchema) : todoSchema,
      }),
      clientId: 'server',
      persistClock: true,
    });
    // Version 1 gives a token no time beyond its expiry.
    const tokenVerifier = createTokenVerifier({ jwtSecret: secret, leewaySeconds: 0 });
    this.#server = new Server(db, { tokenVerifier, ...(limits && { limits }) });
    this.#handle = createRequestHandler(this.#server);
  }

  async #open(line: Line): Promise<void> {
    const client = line.client!;
    const received: Message[] = [];
    this.#received.set(client, received);
    this.#gone.delete(client);
    const session = new SocketSession(this.#server, {
      send: (frame) => received.push(JSON.parse(frame) as Message),
      close: (code, reason) =>
        received.push({ type: 'closed', payload: { code, reason: reason === '' ? '' : JSON.parse(reason) } }),
      bufferedBytes: () => 0,
    });
    this.#sessions.set(client, session);
    const token = await tokenOf(line);
    await session.open(socketParameters(new URLSearchParams({ ...line.open, ...(token !== undefined && { token }) })));
  }

  async #send({ client, sent, inChunks }: Line): Promise<void> {
    const text = typeof sent === 'string' ? sent : JSON.stringify(await this.#presentForm(sent));
    const session = this.#sessions.get(client!)!;
    if (inChunks === undefined) session.receive(text);
    else for (const chunk of chunksOf(text, inChunks)) session.receive(JSON.stringify(chunk));
  }

  /** The socket closes, whoever began; what comes after that reaches nobody. */
  #leave({ client, left }: Line): void {
    this.#gone.add(client!);
    this.#sessions.get(client!)?.closed(left === true ? 1000 : left!);
  }

  async #request(line: Line): Promise<void> {
    const [method, path] = line.http!.split(' ') as [string, string];
    const token = await tokenOf(line);
    const authorization = line.authorization ?? (token === undefined ? undefined : `Bearer ${token}`);
    const response = await this.#handle(
      new Request(`http://localhost${path}`, {
        method,
        headers: authorization === undefined ? {} : { Authorization: authorization },
        ...(method !== 'GET' && { body: this.#bodyOf(line) }),
      }),
    );
    const text = await response.text();
    const type = response.headers.get('Content-Type');
    const answer: any = type === 'application/json' ? JSON.parse(text) : text;
    const about = `${this.#note}: ${line.http} ${JSON.stringify(line.body ?? null)}`.slice(0, 300);
    if (line.status === undefined) return expect([response.status, about]).toEqual([200, about]);
    const then = { status: line.status, type: line.type ?? type, answer: line.answer ?? answer };
    const due = line.now ? { ...then, ...line.now } : then;
    if (line.now) {
      expect(answerEssence(due), `${about} does not differ`).not.toEqual(answerEssence(then));
      this.#named(line);
    }
    expect(answerEssence({ status: response.status, type, answer }), about).toEqual(answerEssence(due));
    if (line.answerHas) expect(answer, about).toMatchObject(line.answerHas);
    if (line.firstIssue) expect(answer.issues[0], about).toMatchObject(line.firstIssue);
    if (line.issues !== undefined) expect(answer.issues, about).toHaveLength(line.issues);
    this.compared += 1;
  }

  #bodyOf({ http, body, form, megabytes, withoutCollection }: Line): BodyInit {
    if (form) {
      const data = new FormData();
      for (const [name, value] of Object.entries(form)) data.set(name, value);
      return data;
    }
    if (megabytes !== undefined) {
      const entity = { id: 'large', name: 'x'.repeat(megabytes * 1024 * 1024) };
      if (http!.startsWith('POST /bulk-insert-file')) {
        const data = new FormData();
        data.set('data', JSON.stringify({ users: [entity] }));
        return data;
      }
      return JSON.stringify(http!.includes('bulk') ? { users: [entity] } : { collectionName: 'users', entity });
    }
    if (withoutCollection !== undefined) {
      const collections = Object.fromEntries(
        Object.entries(todoSchema.collections).filter(([name]) => name !== withoutCollection),
      );
      return JSON.stringify({ schema: { ...todoSchema, collections } });
    }
    return JSON.stringify(this.#presentIds(body ?? {}));
  }

  #expect(line: Line): void {
    const { client, received, instead, closed, because } = line;
    if (this.#gone.has(client!)) return;
    if (because !== undefined) this.#named(line);
    if (received !== undefined && because !== undefined) return;
    const message = closed ? { type: 'closed', payload: closed } : (received ?? instead);
    this.#expected.set(client!, [...(this.#expected.get(client!) ?? []), message]);
  }

  #named({ because }: Line): void {
    this.differences.push(because!);
  }

  async #compare(): Promise<void> {
    if (this.#expected.size === 0) return;
    await settle();
    for (const [client, then] of this.#expected) {
      const now = this.#received.get(client)?.splice(0) ?? [];
      expect(now.map(essence), `${this.#note}: ${client}`).toEqual(then.map(essence));
      for (const [index, message] of then.entries()) this.#remember(message.payload, now[index]!.payload);
      this.compared += then.length;
    }
    this.#expected.clear();
  }

  #expectNothingElse(): void {
    for (const [client, messages] of this.#received) {
      if (this.#gone.has(client)) messages.length = 0;
      expect(messages, `${this.#note}: ${client}`).toEqual([]);
    }
  }

  #remember(then: any, now: any): void {
    if (then?.timestamp && now?.timestamp) this.#replaced.set(JSON.stringify(then.timestamp), now.timestamp);
    if (then?.clientId && now?.clientId) this.#replaced.set(then.clientId, now.clientId);
  }

  #presentIds(body: any): unknown {
    return body.clientId === undefined
      ? body
      : { ...body, clientId: this.#replaced.get(body.clientId) ?? body.clientId };
  }

  /** Tokens signed by the secret of this test, and timestamps of this server in the place of those of then. */
  async #presentForm(message: any): Promise<unknown> {
    const form = JSON.parse(JSON.stringify(message), (_, value) =>
      typeof value?.repeat === 'string' ? value.repeat.repeat(value.times) : value,
    );
    if (form?.payload?.token?.claims) form.payload.token = await tokenOf(form.payload.token);
    const state = form?.payload?.state;
    if (state) state.timestamp = this.#replaced.get(JSON.stringify(state.timestamp)) ?? this.#server.db.clock.next();
    return form;
  }
}

/** A token is made anew, with the claims that it had. */
async function tokenOf(credentials: Credentials): Promise<string | undefined> {
  const { claims, alg = 'HS256', expiresInSeconds, signedWith = secret, token } = credentials;
  if (token !== undefined) return token;
  if (claims === undefined || typeof claims === 'string') return claims;
  const all =
    expiresInSeconds === undefined ? claims : { ...claims, exp: Math.floor(Date.now() / 1000) + expiresInSeconds };
  if (alg === 'none') return `${part({ alg })}.${part(all)}.`;
  return new SignJWT(all).setProtectedHeader({ alg, typ: 'JWT' }).sign(new TextEncoder().encode(signedWith));
}

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** As published clients split a long message. */
function chunksOf(text: string, total: number): unknown[] {
  const size = Math.ceil(text.length / total);
  return Array.from({ length: total }, (_, index) => ({
    type: 'CHUNK',
    payload: { data: text.slice(index * size, (index + 1) * size), total, index, id: 'k3j9d0' },
  }));
}

/** What counts of a message. */
function essence({ type, payload }: Message): unknown {
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
    case 'closed':
      return { type, ...payload };
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

const GENERATED_ID = /^[\w-]{21}$/;

/** What counts of an answer over HTTP. */
function answerEssence({ status, type, answer }: { status?: number; type?: string | null; answer?: any }): unknown {
  if (typeof answer !== 'object' || answer === null) return { status, type, answer };
  if ('name' in answer && 'baseMessage' in answer)
    return { status, type, error: answer.name, errorStatus: answer.status };
  return { status, type, answer: GENERATED_ID.test(answer.id) ? { ...answer, id: '(generated)' } : answer };
}
