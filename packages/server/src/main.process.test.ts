import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jwtSecret, signToken, tokens } from '../../../tests/support/api-client.ts';
import { connectSocket } from '../../../tests/support/sync-client.ts';
import { changesOf } from '../../../tests/support/sync-client.ts';
import type { SyncClient } from '../../../tests/support/sync-client.ts';

const shiftedClock = new URL('../../../tests/support/shifted-clock.mjs', import.meta.url).href;
const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'triplit-process-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface ServerProcess {
  readonly process: ChildProcess;
  readonly port: number;
  readonly exited: Promise<number | null>;
  /** Everything that was printed so far. */
  output(): string;
}

async function startProcess(environment: Record<string, string>): Promise<ServerProcess> {
  const child = spawn(process.execPath, ['--import', shiftedClock, program], {
    cwd: folder,
    env: { PATH: process.env['PATH'], JWT_SECRET: jwtSecret, PORT: '0', ...environment },
  });
  let output = '';
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const port = await new Promise<number>((resolve, reject) => {
    const read = (data: Buffer) => {
      output += data.toString();
      const match = /listening on port (\d+)/.exec(output);
      if (match) resolve(Number(match[1]));
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void exited.then(() => reject(new Error(`The server ended: ${output}`)));
  });
  return { process: child, port, exited, output: () => output };
}

async function connect(port: number): Promise<SyncClient> {
  const client = await connectSocket(`ws://127.0.0.1:${port}/?features=transactions&token=${tokens.alice}`);
  await client.next('READY');
  return client;
}

async function storedIds(port: number): Promise<string[]> {
  const client = await connect(port);
  const data = await client.query('all', { collectionName: 'notes' });
  client.close();
  return data.changes.json.notes.sets.map(([id]: [string]) => id);
}

/** A client that is there all the time: it comes back with what it holds and asks only for the rest. */
class Replica {
  readonly ids = new Set<string>();
  #timestamp: unknown;
  #client: SyncClient | undefined;

  async follow(port: number): Promise<void> {
    this.#client = await connect(port);
    const state = this.#timestamp && { timestamp: this.#timestamp, entityIds: { notes: [...this.ids] } };
    await this.#client.query('all', { collectionName: 'notes' }, state);
    this.takeWhatCame();
  }

  takeWhatCame(): void {
    for (const { type, payload } of this.#client?.received.splice(0) ?? []) {
      if (type !== 'ENTITY_DATA') continue;
      this.#timestamp = payload.timestamp;
      for (const [id] of payload.changes.json.notes?.sets ?? []) this.ids.add(id as string);
      for (const id of payload.changes.json.notes?.deletes ?? []) this.ids.delete(id as string);
    }
  }
}

describe('a server process whose clock is moved while it runs', () => {
  const hour = 3_600_000;

  it.each([
    ['forward and back', [hour, 0, hour]],
    ['back and forward', [-hour, 0, -hour]],
  ])('%s keeps its connections, stamps ever later, and ends a token once, in time', async (_how, jumps) => {
    const server = await startProcess({ STORAGE: 'memory', CLOCK_JUMPS_MS: jumps.join() });
    const clients = [await connect(server.port), await connect(server.port)];
    // The leeway of five seconds included, it has two and a half left.
    const expiring = await signToken({ sub: 'bob', exp: Math.floor(Date.now() / 1000) - 2 });
    const openedAt = Date.now();
    const short = await connectSocket(`ws://127.0.0.1:${server.port}/?token=${expiring}`);
    await short.next('READY');
    let endedAt = 0;
    void short.closed.then(() => (endedAt = Date.now()));
    const stamps: [number, number][] = [];
    for (const [round] of [...jumps, 0].entries()) {
      for (const [index, client] of clients.entries()) {
        const id = `${round}-${index}`;
        client.write('notes', { [id]: { id } });
        stamps.push((await client.next('CHANGES_ACK')).timestamp);
      }
      server.process.kill('SIGUSR2');
      await new Promise((resolve) => setTimeout(resolve, 200));
      for (const client of clients) {
        client.send('PING', {});
        await client.next('PONG');
      }
      expect(endedAt).toBe(0);
    }
    for (const [index, [ms, count]] of stamps.entries()) {
      const [beforeMs, beforeCount] = stamps[index - 1] ?? [0, 0];
      expect(ms > beforeMs || (ms === beforeMs && count > beforeCount)).toBe(true);
    }
    expect(await short.closed).toEqual({ code: 1008, reason: '{"type":"TOKEN_EXPIRED","retry":false}' });
    expect(endedAt - openedAt).toBeLessThan(4_500);
    expect(short.received.filter(({ type }) => type === 'CLOSE')).toHaveLength(1);
    await expectStillThere(clients);
    server.process.kill('SIGTERM');
    expect(await server.exited).toBe(0);
  });

  async function expectStillThere(clients: readonly SyncClient[]): Promise<void> {
    for (const client of clients) {
      client.send('PING', {});
      await client.next('PONG');
    }
  }
});

/** Per storage: twenty in all. */
const KILLS = 10;

describe.each(['lmdb', 'sqlite'])('a server process on %s', (storage) => {
  const environment = () => ({ STORAGE: storage, LOCAL_DATABASE_URL: join(folder, storage, 'app.db') });

  it('loses no acknowledged write and tears no batch when it is killed again and again, while the clock jumps', async () => {
    const acknowledged: string[] = [];
    const replica = new Replica();
    const hour = 3_600_000;
    for (let round = 0; round < KILLS; round++) {
      const server = await startProcess({ ...environment(), CLOCK_SHIFT_MS: String([0, hour, -hour][round % 3]) });
      await replica.follow(server.port);
      expect([...replica.ids]).toEqual(expect.arrayContaining(acknowledged));
      const clients = await Promise.all([0, 1, 2, 3].map(() => connect(server.port)));
      let alive = true;
      const writers = clients.map(async (client, writer) => {
        for (let i = 0; alive; i++) {
          const batch = ['a', 'b'].map((part) => `${storage}-${round}-${writer}-${i}-${part}`);
          client.write('notes', Object.fromEntries(batch.map((id) => [id, { id, text: 'x'.repeat(100) }])));
          const answer = client.next('CHANGES_ACK').then(
            () => true,
            () => false,
          );
          const isAcknowledged = await Promise.race([answer, client.closed.then(() => false)]);
          if (isAcknowledged) acknowledged.push(...batch);
        }
      });
      await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 300));
      server.process.kill('SIGKILL');
      alive = false;
      await server.exited;
      await Promise.all(writers);
      replica.takeWhatCame();
    }
    const server = await startProcess(environment());
    const stored = new Set(await storedIds(server.port));
    expect(acknowledged.length).toBeGreaterThan(20);
    expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
    const torn = [...stored].filter((id) => !stored.has(id.replace(/.$/, (part) => (part === 'a' ? 'b' : 'a'))));
    expect(torn).toEqual([]);
    await replica.follow(server.port);
    expect([...replica.ids].sort()).toEqual([...stored].sort());
    server.process.kill('SIGTERM');
    expect(await server.exited).toBe(0);
  }, 120_000);

  it('applies what is sent again after it was killed once, if it had applied it', async () => {
    let applied = 0;
    for (let round = 0; round < KILLS / 2; round++) {
      const transactions = Array.from({ length: 200 }, (_, n) => {
        const id = `${storage}-again-${round}-${String(n).padStart(3, '0')}`;
        return { id, changes: changesOf({ notes: { sets: { [id]: { id } } } }) };
      });
      const first = await startProcess(environment());
      const writer = await connect(first.port);
      // One by one, so that the end may come between any two.
      for (const transaction of transactions) writer.send('CHANGES', { transactions: [transaction] });
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 40));
      first.process.kill('SIGKILL');
      await first.exited;
      const second = await startProcess(environment());
      const stored = new Set(await storedIds(second.port));
      const before = transactions.map(({ id }) => id).filter((id) => stored.has(id));
      applied += before.length;
      const client = await connect(second.port);
      client.write('notes', {}, before);
      await client.next('CHANGES_ACK');
      client.send('CHANGES', { transactions });
      const { repeated = [] } = await client.next('CHANGES_ACK');
      expect(repeated.map(({ id }: { id: string }) => id)).toEqual(before);
      const after = await storedIds(second.port);
      expect(before.filter((id) => after.includes(id))).toEqual([]);
      expect(transactions.filter(({ id }) => !stored.has(id) && !after.includes(id))).toEqual([]);
      second.process.kill('SIGKILL');
      await second.exited;
    }
    expect(applied).toBeGreaterThan(0);
  }, 120_000);

  it('lets its clients reconnect when it is asked to stop', async () => {
    const server = await startProcess(environment());
    const client = await connect(server.port);
    server.process.kill('SIGINT');
    expect(await client.closed).toEqual({ code: 1001, reason: '' });
    expect(await server.exited).toBe(0);
  }, 20_000);
});

it('says in one sentence why it cannot start', async () => {
  await expect(startProcess({ STORAGE: 'sqlite' })).rejects.toThrow(
    /cannot start: Environment variable LOCAL_DATABASE_URL is not set/,
  );
  await expect(startProcess({ STORAGE: 'memory', PORT: 'http' })).rejects.toThrow(
    /cannot start: PORT is 'http', which is no port\. Use a number/,
  );
  await expect(startProcess({ STORAGE: 'papyrus' })).rejects.toThrow(/Invalid storage option: papyrus/);
});
