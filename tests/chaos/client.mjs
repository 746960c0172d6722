/**
 * A client of the chaos test, as a process of its own: options as JSON in `CHAOS_CLIENT`. It writes at random, tells the
 * process that started it what it is about to write and what it has written, and when asked what it sees.
 */
import { createHmac } from 'node:crypto';
import { open } from 'lmdb';
import { WebSocket } from 'undici';

const { name, serverUrl, secret, store, library, seed, firstWrite } = JSON.parse(process.env.CHAOS_CLIENT);
Object.assign(globalThis, { WebSocket });
const { TriplitClient, Schema: S } = await import(library ?? '@triplit/client');

const schema = S.Collections({
  rows: {
    schema: S.Schema({ id: S.Id(), owner: S.String(), count: S.Number(), tags: S.Set(S.String()) }),
  },
});

const random = randomNumbers(seed);
const chance = (probability) => random() < probability;
const pick = (list) => list[Math.floor(random() * list.length)];
const token = () => sign({ sub: name, exp: Math.floor(Date.now() / 1000) + 4 });
/** Once nothing goes wrong on purpose any more. */
let calm = false;
/** Version 1 ends its process with an error that nobody can catch when it is given an expired token. */
const trusts = library !== undefined;

const client = new TriplitClient({
  schema,
  serverUrl,
  logLevel: 'error',
  ...(store && { storage: await lmdb(store) }),
});
const quietly = () => undefined;
void startSession();
let rows = [];
client.subscribe(
  client.query('rows'),
  (results) => {
    rows = [...results];
  },
  quietly,
);

// Refused tokens end a session for good, so an application starts another one.
setInterval(() => {
  if (client.connectionStatus === 'CLOSED' || client.connectionStatus === 'UNINITIALIZED') void startSession();
}, 500);

process.on('disconnect', () => process.exit());
process.once('message', () => {
  calm = true;
  void startSession();
});

let nextWrite = firstWrite;
while (!calm) {
  await new Promise((resolve) => setTimeout(resolve, 5 + random() * 40));
  await write(nextWrite++).catch((error) => {
    // Another client may have deleted what was to be updated.
    if (!/not ?found/i.test(`${error.name} ${error.message}`))
      process.send({ fault: `${name}: ${trusts ? error.name : error.stack}` });
  });
}

process.on('message', async () => {
  const pending = await unsent();
  process.send({
    state: { rows: (await client.fetch(client.query('rows'), { policy: 'local-only' })).map(plain), pending },
  });
});

async function write(number) {
  const mine = rows.filter((row) => row.owner === name);
  const what = random();
  if (what < 0.4 || mine.length === 0) {
    const id = `${name}-${number}`;
    await tell({ insert: [id] }, () => client.insert('rows', row(id, number)));
  } else if (what < 0.5) {
    const pair = [`${name}-${number}-pair-a`, `${name}-${number}-pair-b`];
    await tell({ insert: pair }, () =>
      client.transact(async (tx) => {
        for (const id of pair) await tx.insert('rows', row(id, number));
      }),
    );
  } else if (what < 0.7) {
    const { id } = pick(mine);
    await tell({ count: [id, number] }, () => client.update('rows', id, { count: number }));
  } else if (what < 0.85) {
    const { id } = pick(rows);
    const tag = `${name}-${number}`;
    await tell({ tag: [id, tag] }, () => client.update('rows', id, (row) => void row.tags.add(tag)));
  } else {
    // Pairs stay, so that half a transaction would be seen; so does what clients write that may send it twice.
    const single = rows.filter(({ id, owner }) => !id.includes('pair') && !owner.startsWith('published'));
    if (single.length === 0) return;
    // Mostly new ones, whose writers may not know yet that they have arrived.
    const { id } = pick(chance(0.8) ? newest(single) : single);
    await tell({ delete: [id] }, () => client.delete('rows', id));
  }
}

function newest(list) {
  const others = list.filter(({ owner }) => owner !== name);
  return (others.length > 0 ? others : list).toSorted((one, other) => other.count - one.count).slice(0, 3);
}

function row(id, number) {
  return { id, owner: name, count: number, tags: new Set() };
}

async function tell(what, act) {
  process.send({ begun: what });
  await act();
  process.send({ done: what });
}

async function startSession() {
  const refreshHandler = async () => {
    if (calm || trusts || chance(0.7)) return token();
    if (chance(0.5)) return sign({ sub: name, exp: Math.floor(Date.now() / 1000) - 60 });
    throw new Error('No network for tokens');
  };
  try {
    const first = calm || trusts || chance(0.8) ? token() : `${token()}forged`;
    await client.startSession(first, true, { refreshHandler });
  } catch {
    // It is tried again.
  }
}

async function unsent() {
  // Version 1 does not tell.
  return client.pendingChanges ? (await client.pendingChanges()).length : 0;
}

function plain({ id, owner, count, tags }) {
  return { id, owner, count, tags: [...tags].toSorted() };
}

async function lmdb(path) {
  const { LmdbKVStore } = await import('@triplit/client/storage/lmdb');
  return new LmdbKVStore(open({ path }));
}

function sign(claims) {
  const encode = (part) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const content = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
}

function randomNumbers(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
