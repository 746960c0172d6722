import { createDB, Schema } from '@triplit/db';
import type { DB } from '@triplit/db';
import { describe, expect, it } from 'vitest';
import { connectInProcess } from '../../../../tests/support/sync-client.ts';
import { contents } from '../../../../tests/support/todo-server.ts';
import { Server } from '../server.ts';

const schema = {
  roles: { member: { match: { sub: '$user', org: '$org' } } },
  collections: {
    documents: {
      schema: Schema.Schema({ id: Schema.Id(), org: Schema.String() }),
      permissions: { member: { read: { filter: [['org', '=', '$role.org']] } } },
    },
  },
} as const;

const inOrganization = (org: string, sub = 'alice') => ({ sub, org });

async function start() {
  const { db } = await createDB({ schema, clientId: 'server', persistClock: true });
  for (const org of ['red', 'blue']) await db.insert('documents', { id: `of-${org}`, org }, { skipRules: true });
  return new Server(db as unknown as DB);
}

async function connect(server: Server, features: string[]) {
  const client = connectInProcess(server, inOrganization('red'), { features: new Set(features) as never });
  const ready = await client.next('READY');
  return { client, ready, connection: server.connections.get(ready.clientId)! };
}

describe('a connection that asked for reauthorize', () => {
  it('is told that it may', async () => {
    const { ready } = await connect(await start(), ['reauthorize']);
    expect(ready).toEqual({ clientId: expect.any(String), features: ['reauthorize'] });
  });

  it('sees what the new token may see, loses the rest, and stays open', async () => {
    const server = await start();
    const { client, connection } = await connect(server, ['reauthorize']);
    expect(contents(await client.query('q', { collectionName: 'documents' }))['documents']!.sets).toEqual({
      'of-red': { id: 'of-red', org: 'red' },
    });
    connection.updateToken(inOrganization('blue'));
    expect(contents(await client.next('ENTITY_DATA'))['documents']).toEqual({
      sets: { 'of-blue': { id: 'of-blue', org: 'blue' } },
      deletes: ['of-red'],
    });
    await server.db.insert('documents', { id: 'more-red', org: 'red' }, { skipRules: true });
    await client.expectSilence();
    await server.db.insert('documents', { id: 'more-blue', org: 'blue' }, { skipRules: true });
    expect(Object.keys(contents(await client.next('ENTITY_DATA'))['documents']!.sets)).toEqual(['more-blue']);
  });

  it('never sends what waited under the old token', async () => {
    const server = await start();
    const { client, connection } = await connect(server, ['reauthorize']);
    await client.query('q', { collectionName: 'documents' });
    await server.db.insert('documents', { id: 'late-red', org: 'red' }, { skipRules: true });
    connection.updateToken(inOrganization('blue'));
    const { sets } = contents(await client.next('ENTITY_DATA'))['documents']!;
    expect(Object.keys(sets).filter((id) => id.endsWith('red'))).toEqual([]);
  });

  it('is not disturbed by a token that differs only in when it was issued', async () => {
    const { client, connection } = await connect(await start(), ['reauthorize']);
    await client.query('q', { collectionName: 'documents' });
    connection.updateToken({ ...inOrganization('red'), iat: 5, jti: 'other' });
    await client.expectSilence();
  });

  it('cannot be made another user over HTTP by somebody who knows its id', async () => {
    const server = await start();
    const { client, connection } = await connect(server, ['reauthorize']);
    await client.query('q', { collectionName: 'documents' });
    const request = { clientId: connection.clientId };
    const answer = await server
      .createSession(inOrganization('blue', 'mallory'))
      .handleRequest(['update-token'], request);
    expect(answer.statusCode).toBe(403);
    await client.expectSilence();
    expect(connection.token).toEqual(inOrganization('red'));
  });
});

describe('a token over HTTP', () => {
  const service = { 'x-triplit-token-type': 'secret' };
  const anonymous = { 'x-triplit-token-type': 'anon' };

  it.each<[string, string[], Record<string, unknown>, Record<string, unknown>]>([
    ['somebody else', [], inOrganization('red'), inOrganization('red', 'mallory')],
    ['somebody else with other roles', [], inOrganization('red'), inOrganization('blue', 'mallory')],
    [
      'somebody else of the same name at another issuer',
      [],
      inOrganization('red'),
      { ...inOrganization('red'), iss: 'x' },
    ],
    ['nobody in particular', [], inOrganization('red'), anonymous],
    ['nobody in particular, of a service', [], service, anonymous],
    ['nobody in particular, of a service that asked for reauthorize', ['reauthorize'], service, anonymous],
    ['a service, of nobody in particular', ['reauthorize'], anonymous, service],
  ])('of %s is refused, and the connection lives on as it is', async (_who, features, held, sent) => {
    const server = await start();
    const client = connectInProcess(server, held, { features: new Set(features) as never });
    const { clientId } = await client.next('READY');
    const answer = await server.createSession(sent).handleRequest(['update-token'], { clientId });
    expect(answer).toMatchObject({ statusCode: 403, payload: { message: expect.stringContaining('another user') } });
    await client.expectSilence();
    expect(server.connections.get(clientId)!.token).toEqual(held);
  });

  it.each([[[]], [['reauthorize']]])('of the same principal prolongs (%j)', async (features) => {
    const server = await start();
    for (const held of [inOrganization('red'), service, anonymous]) {
      const client = connectInProcess(
        server,
        { ...held, exp: Date.now() / 1000 + 0.1 },
        { features: new Set(features) as never },
      );
      const { clientId } = await client.next('READY');
      const newer = server.createSession({ ...held, exp: Date.now() / 1000 + 60 });
      expect((await newer.handleRequest(['update-token'], { clientId })).statusCode).toBe(200);
      await client.expectSilence(150);
    }
  });

  it('of the same person with other roles ends a connection of version 1, and is answered all the same', async () => {
    const server = await start();
    const { client, ready } = await connect(server, []);
    const other = server.createSession(inOrganization('blue'));
    expect(await other.handleRequest(['update-token'], ready)).toEqual({ statusCode: 200, payload: 'OK' });
    expect(await client.next('CLOSE')).toMatchObject({ type: 'ROLES_MISMATCH', retry: false });
  });
});

it('a connection that did not ask is closed by a token with other roles', async () => {
  const { client, connection, ready } = await connect(await start(), []);
  expect(ready).toEqual({ clientId: expect.any(String) });
  connection.updateToken(inOrganization('blue'));
  expect(await client.next('CLOSE')).toMatchObject({ type: 'ROLES_MISMATCH', retry: false });
});
