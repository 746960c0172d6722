/**
 * What is asked of a server. Each workload gets a running server and returns its figures: `cpuUs` per unit of work,
 * latencies in milliseconds, bytes of memory.
 */
import { WebSocket } from 'ws';
import { median } from '../measure.mjs';
import { RawClient } from './raw-client.mjs';

const row = (id, changes = {}) => ({ id, text: `the text of ${id}`, room: 'r', owner: 'o', n: 0, ...changes });
const rows = (count, changes) => Array.from({ length: count }, (_, i) => row(`t${i}`, changes?.(i)));
const times = (count, action) => Promise.all(Array.from({ length: count }, (_, i) => action(i)));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** CPU time of the server while something runs, without what it does by itself. */
async function cpuOf(server, action) {
  const before = (await server.usage({ collectGarbage: true })).cpuUs;
  await action();
  return (await server.usage()).cpuUs - before;
}

async function fill(server, count, changes) {
  const writer = await RawClient.connect(server.port, 'writer');
  const all = rows(count, changes);
  for (let i = 0; i < count; i += 500) await writer.write(all.slice(i, i + 500));
  return writer;
}

/**
 * 1,000 single-row writes from 20 connections, each waiting for its acknowledgement. `before`: so many more come first,
 * uncounted.
 */
export async function ackedWrites(server, { connections = 20, each = 50, before = 0 } = {}) {
  const clients = await times(connections, (i) => RawClient.connect(server.port, `c${i}`));
  const latencies = [];
  const write = (from, to) =>
    Promise.all(
      clients.map(async (client, c) => {
        for (let i = from; i < to; i++) {
          const start = performance.now();
          await client.write([row(`c${c}-${i}`)]);
          latencies.push(performance.now() - start);
        }
      }),
    );
  await write(0, before / connections);
  latencies.length = 0;
  const started = performance.now();
  const cpuUs = await cpuOf(server, () => write(before / connections, before / connections + each));
  const elapsedMs = performance.now() - started;
  return { cpuUs: cpuUs / latencies.length, p50: median(latencies), elapsedMs };
}

/** 10,000 rows in 20 batches. `before`: so often the same with other rows comes first, uncounted. */
export async function bulk(server, { before = 0 } = {}) {
  const client = await RawClient.connect(server.port, 'bulk');
  const writeAll = async (round) => {
    const all = rows(10_000, (i) => ({ id: `${round}-${i}` }));
    for (let i = 0; i < 20; i++) await client.write(all.slice(i * 500, (i + 1) * 500));
  };
  for (let round = 0; round < before; round++) await writeAll(round);
  return { cpuUs: await cpuOf(server, () => writeAll(before)) };
}

/** The first answer to a query with 10,000 rows. `before`: so many other clients had it before. */
export async function initialSync(server, { before = 0 } = {}) {
  await fill(server, 10_000);
  const read = async (name) => {
    const client = await RawClient.connect(server.port, name);
    const start = performance.now();
    await client.query('q', { collectionName: 'todos' });
    return performance.now() - start;
  };
  for (let i = 0; i < before; i++) await read(`before${i}`);
  let p50;
  const cpuUs = await cpuOf(server, async () => (p50 = await read('reader')));
  return { cpuUs, p50 };
}

/** `clients` on one result, `writes` one after another; each is waited for at every client. */
async function fanOut(server, { readers, writes, size }) {
  const writer = await fill(server, size);
  const latencies = [];
  let started = 0;
  let left = 0;
  let done = () => undefined;
  await times(readers, async (i) => {
    const client = await RawClient.connect(server.port, `r${i}`);
    await client.query('q', { collectionName: 'todos', where: [['room', '=', 'r']] });
    client.onData = () => {
      latencies.push(performance.now() - started);
      if (--left === 0) done();
    };
  });
  const write = async (i) => {
    left = readers;
    const all = new Promise((resolve) => (done = resolve));
    started = performance.now();
    await writer.write([{ n: i, text: `changed ${i}`, id: 't0', room: 'r', owner: 'o' }]);
    await all;
  };
  for (let i = 0; i < 3; i++) await write(i);
  latencies.length = 0;
  const cpuUs = await cpuOf(server, async () => {
    for (let i = 0; i < writes; i++) await write(i + 3);
  });
  return { cpuUs: cpuUs / (readers * writes), p50: median(latencies) };
}

export const room = (server) => fanOut(server, { readers: 100, writes: 50, size: 50 });
export const bigResult = (server) => fanOut(server, { readers: 20, writes: 20, size: 10_000 });

/** The same number of frames of about the same length, handed on by a server that only hands on. CPU is per delivery. */
export async function broadcast(server, { clients = 100, frames = 50 } = {}) {
  const open = () =>
    new Promise((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${server.port}`, { perMessageDeflate: false });
      socket.on('open', () => resolve(socket));
    });
  const sockets = await times(clients, open);
  const frame = JSON.stringify({ type: 'ENTITY_DATA', payload: { padding: 'x'.repeat(280) } });
  const latencies = [];
  let [left, started] = [0, 0];
  let done = () => undefined;
  for (const socket of sockets)
    socket.on('message', () => {
      latencies.push(performance.now() - started);
      if (--left === 0) done();
    });
  const send = async () => {
    left = sockets.length;
    const all = new Promise((resolve) => (done = resolve));
    started = performance.now();
    sockets[0].send(frame);
    await all;
  };
  for (let i = 0; i < 3; i++) await send();
  latencies.length = 0;
  const cpuUs = await cpuOf(server, async () => {
    for (let i = 0; i < frames; i++) await send();
  });
  return { cpuUs: cpuUs / (frames * clients), p50: median(latencies) };
}

/** The least that a write which reaches one client can cost: a frame comes in and goes out to its sender and to one other. */
export async function relay(server) {
  const { cpuUs, p50 } = await broadcast(server, { clients: 2, frames: 200 });
  return { cpuUs: cpuUs * 2, p50 };
}

/**
 * Clients with filters of their own, `queriesEach` of them; 200 writes, each of which concerns one client. `before`: so many
 * more come first, uncounted.
 */
export async function ownFilters(server, { clients = 1_000, queriesEach = 1, writes = 200, before = 20 } = {}) {
  const writer = await RawClient.connect(server.port, 'writer');
  return writesToOne(server, {
    clients,
    writes,
    before,
    follow: async (client, name) => {
      for (let q = 0; q < queriesEach; q++)
        await client.query(`q${q}`, { collectionName: 'todos', where: [['owner', '=', `${name}-${q}`]] });
    },
    write: (i, name) => writer.write([row(`w${i}`, { owner: `${name}-${i % queriesEach}` })]),
  });
}

/** Clients that all ask for everything, each of which may see the posts of one room by being its member. */
export async function ownRooms(server, { clients = 1_000, writes = 200 } = {}) {
  const writer = await RawClient.connect(server.port, 'writer');
  const members = Array.from({ length: clients }, (_, i) => ({ id: `m${i}`, room: `room-f${i}`, user: `f${i}` }));
  await writer.write(members, 'members');
  return writesToOne(server, {
    clients,
    writes,
    follow: (client) => client.query('q', { collectionName: 'posts' }),
    write: (i, name) => writer.write([{ id: `w${i}`, room: `room-${name}`, text: `the text of ${i}` }], 'posts'),
  });
}

/** `writes` one after another, each of which reaches one of many clients. */
async function writesToOne(server, { clients, writes, before = 20, follow, write }) {
  const latencies = [];
  let started = 0;
  let arrived = () => undefined;
  for (let first = 0; first < clients; first += 50) {
    await times(50, async (k) => {
      const name = `f${first + k}`;
      const client = await RawClient.connect(server.port, name);
      await follow(client, name);
      client.onData = () => {
        latencies.push(performance.now() - started);
        arrived();
      };
    });
  }
  const one = async (i) => {
    const arrival = new Promise((resolve) => (arrived = resolve));
    started = performance.now();
    await write(i, `f${(i * 7) % clients}`);
    await arrival;
  };
  for (let i = 0; i < before; i++) await one(i);
  latencies.length = 0;
  const cpuUs = await cpuOf(server, async () => {
    for (let i = before; i < before + writes; i++) await one(i);
  });
  const { rssBytes } = await server.usage({ collectGarbage: true });
  return { cpuUs: cpuUs / writes, p50: median(latencies), rssBytes };
}

/** Memory that one connection with one query adds. */
export const idleConnections = (server, { clients = 1_000 } = {}) =>
  memoryEach(server, clients, async (i) => {
    const client = await RawClient.connect(server.port, `i${i}`);
    await client.query('q', { collectionName: 'todos', where: [['owner', '=', `i${i}`]] });
  });

export const idleSockets = (server, { clients = 1_000 } = {}) =>
  memoryEach(
    server,
    clients,
    () =>
      new Promise((resolve) => {
        const socket = new WebSocket(`ws://127.0.0.1:${server.port}`, { perMessageDeflate: false });
        socket.on('open', resolve);
      }),
  );

/** Open before it is measured: the first connections make the heap grow by what all of them need, compiled code above all. */
const CONNECTIONS_BEFORE = 300;

async function memoryEach(server, clients, open) {
  const openAll = async (from, to) => {
    for (let first = from; first < to; first += 50) await times(50, (k) => open(first + k));
    await pause(500);
    return (await server.usage({ collectGarbage: true })).rssBytes;
  };
  const before = await openAll(0, CONNECTIONS_BEFORE);
  const after = await openAll(CONNECTIONS_BEFORE, CONNECTIONS_BEFORE + clients);
  return { rssBytes: (after - before) / clients };
}

/** The same of servers that have been at work for a while, so that nothing has to be compiled any more. */
export const warmAckedWrites = (server) => ackedWrites(server, { each: 250, before: 5_000 });
export const warmBulk = (server) => bulk(server, { before: 4 });
export const warmInitialSync = (server) => initialSync(server, { before: 4 });
export const warmOwnFilters = (server) => ownFilters(server, { before: 2_000, writes: 1_000 });
