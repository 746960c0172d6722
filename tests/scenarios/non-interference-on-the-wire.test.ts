/**
 * Two servers that differ only in what a user may not see send that user the same frames, whatever happens: writes,
 * hidden writes on one of them only, memberships, pushed permissions, tokens of another organization, reconnects.
 * Timestamps are compared by their place only: they tell that time passed, and the clock also counts hidden commits.
 */
import { createDB } from '@triplit/db';
import type { DBSchema } from '@triplit/db';
import { digestOf, encodeDigest } from '@triplit/db/sync';
import { Server } from '@triplit/server-core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { changesOf, connectInProcess } from '../support/sync-client.ts';
import type { SyncClient } from '../support/sync-client.ts';

const text = { type: 'string', config: {} };
const record = (properties: object) => ({ type: 'record', config: {}, properties: { id: text, ...properties } });
const isMember = {
  exists: {
    collectionName: 'memberships',
    where: [
      ['org', '=', '$1.org'],
      ['user', '=', '$role.uid'],
    ],
  },
};
const inOrgOfToken = ['org', '=', '$role.org'];

/** The read rule of documents, as pushed in turn. */
const rules = [[{ mod: 'or', filters: [isMember, inOrgOfToken] }], [isMember], [inOrgOfToken], [false]];

function schemaWith(rule: readonly unknown[]): DBSchema {
  const own = { filter: [['user', '=', '$role.uid']] };
  return {
    roles: { user: { match: { sub: '$uid', org: '$org' } } },
    collections: {
      documents: {
        schema: record({ org: text, body: text }),
        relationships: {
          memberships: {
            query: { collectionName: 'memberships', where: [['org', '=', '$1.org']] },
            cardinality: 'many',
          },
          notes: { query: { collectionName: 'notes', where: [['document', '=', '$1.id']] }, cardinality: 'many' },
        },
        permissions: { user: { read: { filter: rule }, insert: { filter: [true] } } },
      },
      memberships: { schema: record({ org: text, user: text }), permissions: { user: { read: own } } },
      notes: { schema: record({ document: text, user: text }), permissions: { user: { read: own } } },
    },
  } as unknown as DBSchema;
}

const queries = [
  { collectionName: 'documents' },
  { collectionName: 'documents', include: { memberships: true, notes: true } },
  {
    collectionName: 'documents',
    order: [
      ['body', 'ASC'],
      ['id', 'ASC'],
    ],
    limit: 2,
  },
  {
    collectionName: 'documents',
    where: [{ exists: { collectionName: 'notes', where: [['document', '=', '$1.id']] } }],
  },
  { collectionName: 'memberships' },
  { collectionName: 'notes', where: [['document', '=', 'd1']] },
];

/** Nobody but others ever belongs to `dark`; whatever is there, or belongs to `other`, is hidden from the user. */
const orgs = ['red', 'blue'] as const;
const ids = ['d1', 'd2', 'd3'] as const;

type Step =
  | { readonly kind: 'write'; readonly id: string; readonly org: string; readonly body: string }
  | { readonly kind: 'delete'; readonly id: string }
  | { readonly kind: 'membership'; readonly org: string; readonly isMember: boolean }
  | { readonly kind: 'note'; readonly document: string }
  | {
      readonly kind: 'hidden';
      readonly id: string;
      readonly body: string;
      readonly document: string;
      readonly org: string;
    }
  | { readonly kind: 'rule'; readonly rule: number }
  | { readonly kind: 'token'; readonly org: string }
  | { readonly kind: 'connect'; readonly query: number }
  | { readonly kind: 'disconnect'; readonly query: number }
  | { readonly kind: 'own write'; readonly id: string }
  | { readonly kind: 'reconnect' };

const id = fc.constantFrom(...ids);
const org = fc.constantFrom(...orgs);
const body = fc.constantFrom('a', 'b', 'c');
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('write' as const), id, org: fc.constantFrom(...orgs, 'dark'), body }),
  fc.record({ kind: fc.constant('delete' as const), id }),
  fc.record({ kind: fc.constant('membership' as const), org, isMember: fc.boolean() }),
  fc.record({ kind: fc.constant('note' as const), document: id }),
  fc.record({
    kind: fc.constant('hidden' as const),
    id: fc.constantFrom('h1', 'h2'),
    body,
    document: id,
    org: fc.constantFrom(...orgs, 'dark'),
  }),
  fc.record({ kind: fc.constant('rule' as const), rule: fc.nat({ max: rules.length - 1 }) }),
  fc.record({ kind: fc.constant('token' as const), org }),
  fc.record({ kind: fc.constant('connect' as const), query: fc.nat({ max: queries.length - 1 }) }),
  fc.record({ kind: fc.constant('disconnect' as const), query: fc.nat({ max: queries.length - 1 }) }),
  fc.record({ kind: fc.constant('own write' as const), id: fc.constantFrom('own1', 'own2') }),
  fc.record({ kind: fc.constant('reconnect' as const) }),
);

class World {
  readonly #server: Server;
  readonly #hasHidden: boolean;
  #user!: SyncClient;
  #clientId = '';
  #tokenOrg = 'red';
  #read = 0;
  #checkpoint: unknown;
  /** What the user has received, as text. */
  readonly frames: string[] = [];

  private constructor(server: Server, hasHidden: boolean) {
    this.#server = server;
    this.#hasHidden = hasHidden;
  }

  static async start(hasHidden: boolean): Promise<World> {
    const { db } = await createDB({ schema: schemaWith(rules[0]!), clientId: 'server', persistClock: true });
    const world = new World(new Server(db, { schedule: setImmediate }), hasHidden);
    await world.#connect();
    return world;
  }

  async do(what: Step): Promise<void> {
    switch (what.kind) {
      case 'write':
        // Replaces what was there, since hidden changes of it may have been made meanwhile.
        await this.#store('documents', what.id, { org: what.org, body: what.body });
        break;
      case 'delete':
        await this.#store('documents', what.id);
        break;
      case 'membership':
        await this.#store('memberships', `m-${what.org}`, what.isMember ? { org: what.org, user: 'u' } : undefined);
        break;
      case 'note':
        await this.#store('notes', `n-${what.document}`, { document: what.document, user: 'u' });
        break;
      case 'hidden':
        if (!this.#hasHidden) break;
        await this.#store('documents', what.id, { org: 'dark', body: what.body });
        await this.#store('notes', `hidden-${what.id}`, { document: what.document, user: 'other' });
        await this.#store('memberships', `hidden-${what.org}`, { org: what.org, user: 'other' });
        break;
      case 'rule':
        await this.#server.db.overrideSchema(schemaWith(rules[what.rule]!));
        break;
      case 'token':
        this.#tokenOrg = what.org;
        this.#server.connections.get(this.#clientId)!.updateToken(this.#token);
        break;
      case 'connect':
        this.#user.send('CONNECT_QUERY', { id: String(what.query), params: queries[what.query] });
        break;
      case 'disconnect':
        this.#user.send('DISCONNECT_QUERY', { id: String(what.query) });
        break;
      case 'own write':
        this.#user.send('CHANGES', {
          changes: changesOf({ documents: { sets: { [what.id]: { id: what.id, org: 'red', body: 'own' } } } }),
        });
        break;
      case 'reconnect':
        await this.#reconnect();
        break;
    }
    await this.#settle();
  }

  get #token() {
    return { sub: 'u', org: this.#tokenOrg };
  }

  async #store(collection: string, entityId: string, entity?: object): Promise<void> {
    const sets = new Map(entity ? [[entityId, { id: entityId, ...entity }]] : []);
    const changes = { [collection]: { sets, deletes: new Set([entityId]) } };
    await this.#server.db.commitChanges(changes, { skipRules: true }).durable;
  }

  async #connect(): Promise<void> {
    this.#user = connectInProcess(this.#server, this.#token, { features: new Set(['digest', 'reauthorize'] as const) });
    ({ clientId: this.#clientId } = await this.#user.next('READY'));
    this.#read = 0;
    await this.#settle();
  }

  /** Comes back saying that it holds everything, hidden entities too. */
  async #reconnect(): Promise<void> {
    this.#user.close();
    await this.#connect();
    if (!this.#checkpoint) return;
    const entityIds = { documents: [...ids, 'h1', 'h2'], memberships: ['m-red', 'hidden-red'], notes: ['hidden-h1'] };
    const state = { timestamp: this.#checkpoint, entityIds };
    this.#user.send('CONNECT_QUERY', { id: '0', params: queries[0], state });
    // What it is asked for shows what the server compared the digest with.
    const digest = encodeDigest(digestOf(Object.entries(entityIds), [1, 2]));
    this.#user.send('CONNECT_QUERY', {
      id: '1',
      params: queries[1],
      state: { timestamp: this.#checkpoint, entityIds: {}, digest },
    });
  }

  async #settle(): Promise<void> {
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    for (const message of this.#user.received.slice(this.#read)) {
      const { timestamp, clientId, ...payload } = message.payload;
      if (message.type === 'ENTITY_DATA') this.#checkpoint = timestamp;
      this.frames.push(
        JSON.stringify({ type: message.type, payload, isStamped: timestamp !== undefined, clientId: typeof clientId }),
      );
    }
    this.#read = this.#user.received.length;
    this.frames.push('---');
  }
}

it('what is hidden changes nothing that is sent', async () => {
  const seed = Date.now() % 2 ** 31;
  let framesWithData = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const [plain, withHidden] = [await World.start(false), await World.start(true)];
      for (const query of [0, 1, 2, 3, 4, 5])
        for (const world of [plain, withHidden]) await world.do({ kind: 'connect', query });
      for (const what of steps) {
        for (const world of [plain, withHidden]) await world.do(what);
        expect(withHidden.frames, `after ${JSON.stringify(what)}`).toEqual(plain.frames);
      }
      framesWithData += plain.frames.filter((frame) => frame.includes('"body"')).length;
    }),
    { numRuns: 150, seed },
  );
  expect(framesWithData).toBeGreaterThan(150);
}, 120_000);
