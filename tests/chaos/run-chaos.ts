/**
 * A server process with a durable store and client processes with stores of their own, behind a proxy: for a while all of
 * them are killed, cut off, slowed down, refused and given other schemas at random. Then nothing goes wrong any more, and
 * every client and the server must agree, on all that was written.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { signToken } from '../../packages/client/src/testing/tokens.ts';
import { takeFreePort } from '../../tools/demo/free-port.mjs';
import { Random } from '../oracle/random.ts';
import { Ledger } from './ledger.ts';
import type { Row, Write } from './ledger.ts';
import { ShakyProxy } from './shaky-proxy.ts';

export interface ChaosOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly storage: 'lmdb' | 'sqlite';
  /** Names of the clients; those that begin with `published` use the library below and are never killed. */
  readonly clients: readonly string[];
  readonly publishedLibrary?: string;
}

export interface ChaosOutcome {
  readonly problems: readonly string[];
  readonly writes: number;
  readonly rows: number;
  readonly kills: number;
}

interface Client {
  readonly name: string;
  /** Of its own, so that some hear of what others wait to have acknowledged. */
  readonly proxy: ShakyProxy;
  process: ChildProcess;
  generation: number;
  state: { readonly rows: readonly Row[]; readonly pending: number } | undefined;
}

const SECRET = 'a-secret-for-tests-that-is-long-enough';
const serviceToken = signToken({ 'x-triplit-token-type': 'secret' }, SECRET);
const serverProgram = fileURLToPath(new URL('../../packages/server/dist/main.js', import.meta.url));
const clientProgram = fileURLToPath(new URL('client.mjs', import.meta.url));
const SETTLE_MS = 30_000;
const WRITES_PER_GENERATION = 1_000_000;

export async function runChaos(options: ChaosOptions): Promise<ChaosOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'triplit-chaos-'));
  const chaos = new Chaos(options, folder);
  try {
    return await chaos.run();
  } finally {
    chaos.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

class Chaos {
  readonly #options: ChaosOptions;
  readonly #folder: string;
  readonly #random: Random;
  readonly #ledger = new Ledger();
  readonly #problems: string[] = [];
  readonly #clients: Client[] = [];
  #port = 0;
  #server!: ChildProcess;
  #kills = 0;

  constructor(options: ChaosOptions, folder: string) {
    this.#options = options;
    this.#folder = folder;
    this.#random = new Random(options.seed);
  }

  async run(): Promise<ChaosOutcome> {
    this.#port = await takeFreePort();
    await this.#startServer();
    await this.#pushSchema(false);
    for (const name of this.#options.clients) {
      const client: Client = {
        name,
        proxy: await ShakyProxy.start(this.#port),
        generation: 0,
        state: undefined,
        process: undefined as unknown as ChildProcess,
      };
      this.#clients.push(client);
      this.#startClient(client);
    }
    const end = Date.now() + this.#options.seconds * 1000;
    while (Date.now() < end) {
      await this.#misfortune();
      await sleep(50 + this.#random.next() * 400);
    }
    for (const { proxy } of this.#clients) proxy.delayMs = () => 0;
    const rows = await this.#settle();
    this.#problems.push(...this.#ledger.problems(rows));
    return { problems: this.#problems, writes: this.#ledger.writes, rows: rows.length, kills: this.#kills };
  }

  close(): void {
    for (const { process: client, proxy } of this.#clients) {
      client.kill('SIGKILL');
      proxy.close();
    }
    this.#server?.kill('SIGKILL');
  }

  async #misfortune(): Promise<void> {
    const client = this.#random.pick(this.#clients);
    const what = this.#random.next();
    if (what < 0.15) {
      await this.#kill(this.#server);
      await sleep(this.#random.next() * 500);
      await this.#startServer();
    } else if (what < 0.35) {
      if (client.name.startsWith('published')) return;
      await this.#kill(client.process);
      client.generation += 1;
      this.#startClient(client);
    } else if (what < 0.6) {
      client.proxy.cut();
    } else if (what < 0.8) {
      const slowest = this.#random.next() < 0.3 ? 1_500 : 150;
      client.proxy.delayMs = () => this.#random.next() * slowest;
    } else if (what < 0.9) {
      client.proxy.delayMs = () => 0;
    } else {
      await this.#pushSchema(this.#random.chance(0.5));
    }
  }

  async #kill(child: ChildProcess): Promise<void> {
    this.#kills += 1;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  async #startServer(): Promise<void> {
    const server = spawn(process.execPath, [serverProgram], {
      env: {
        PATH: process.env['PATH'],
        JWT_SECRET: SECRET,
        PORT: String(this.#port),
        STORAGE: this.#options.storage,
        LOCAL_DATABASE_URL: join(this.#folder, 'server', 'app.db'),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#server = server;
    let output = '';
    await new Promise<void>((resolve, reject) => {
      const read = (data: Buffer): void => {
        output = (output + data.toString()).slice(-10_000);
        if (output.includes('listening on port')) resolve();
        const fault = /(?:ERROR|FATAL).*/.exec(data.toString());
        if (fault) this.#problems.push(`the server logged ${fault[0]}`);
      };
      server.stdout.on('data', read);
      server.stderr.on('data', read);
      server.once('exit', () => reject(new Error(`The server ended: ${output}`)));
    });
  }

  #startClient(client: Client): void {
    const { seed, publishedLibrary } = this.#options;
    const isPublished = client.name.startsWith('published');
    const child = spawn(process.execPath, [clientProgram], {
      env: {
        ...process.env,
        CHAOS_CLIENT: JSON.stringify({
          name: client.name,
          serverUrl: client.proxy.url,
          secret: SECRET,
          seed: seed + this.#clients.indexOf(client) * 1000 + client.generation,
          firstWrite: client.generation * WRITES_PER_GENERATION,
          ...(isPublished ? { library: publishedLibrary } : { store: join(this.#folder, client.name) }),
        }),
      },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    client.process = child;
    let said = '';
    // What a published client says may quote its source, which is nothing to look at.
    if (!isPublished) child.stderr!.on('data', (data: Buffer) => (said = (said + data.toString()).slice(-5_000)));
    else child.stderr!.resume();
    child.on('message', (message: { begun?: Write; done?: Write; fault?: string; state?: Client['state'] }) => {
      if (message.begun) this.#ledger.begun(message.begun);
      if (message.done) this.#ledger.done(message.done);
      if (message.fault) this.#problems.push(message.fault);
      if (message.state) client.state = message.state;
    });
    child.once('exit', (code, signal) => {
      if (signal !== 'SIGKILL') this.#problems.push(`the client ${client.name} ended with ${code}: ${said}`);
    });
  }

  /** Accepted whatever the clients know of it: it only adds an optional attribute, or takes it away again. */
  async #pushSchema(hasNote: boolean): Promise<void> {
    const text = (nullable: boolean): object => ({ type: 'string', config: { nullable } });
    const answer = await this.#post('override-schema', {
      schema: {
        collections: {
          rows: {
            schema: {
              type: 'record',
              properties: {
                id: text(false),
                owner: text(false),
                count: { type: 'number', config: {} },
                tags: { type: 'set', items: text(false), config: {} },
                ...(hasNote && { note: { type: 'string', config: { optional: true } } }),
              },
            },
          },
        },
      },
    });
    if (!(answer as { successful?: boolean }).successful)
      this.#problems.push(`the schema was refused: ${JSON.stringify(answer)}`);
  }

  /** The rows of the server, once all have the same. */
  async #settle(): Promise<readonly Row[]> {
    const end = Date.now() + SETTLE_MS;
    let rows: readonly Row[] = [];
    while (Date.now() < end) {
      for (const client of this.#clients) client.process.send('state', () => undefined);
      await sleep(300);
      rows = await this.#serverRows();
      const text = textOf(rows);
      if (this.#clients.every(({ state }) => state?.pending === 0 && textOf(state.rows) === text)) return rows;
    }
    for (const { name, state } of this.#clients) {
      if (!state) this.#problems.push(`${name} does not answer`);
      else if (state.pending > 0) this.#problems.push(`${name} still has ${state.pending} transactions to send`);
      else this.#problems.push(...differences(name, state.rows, rows));
    }
    return rows;
  }

  async #serverRows(): Promise<readonly Row[]> {
    const entities = (await this.#post('fetch', { query: { collectionName: 'rows' } })) as (Row & {
      tags: string[] | Record<string, boolean>;
    })[];
    return entities.map(({ id, owner, count, tags }) => ({
      id,
      owner,
      count,
      tags: (Array.isArray(tags) ? [...tags] : Object.keys(tags).filter((tag) => tags[tag])).toSorted(),
    }));
  }

  async #post(path: string, body: object): Promise<unknown> {
    const response = await fetch(`http://127.0.0.1:${this.#port}/${path}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${serviceToken}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    return response.json();
  }
}

function differences(name: string, theirs: readonly Row[], servers: readonly Row[]): string[] {
  const here = new Map(theirs.map((row) => [row.id, JSON.stringify(row)]));
  const there = new Map(servers.map((row) => [row.id, JSON.stringify(row)]));
  return [...new Set([...here.keys(), ...there.keys()])]
    .filter((id) => here.get(id) !== there.get(id))
    .slice(0, 5)
    .map((id) => `${name} has ${here.get(id)} where the server has ${there.get(id)}`);
}

function textOf(rows: readonly Row[]): string {
  return JSON.stringify(rows.toSorted((one, other) => (one.id < other.id ? -1 : 1)));
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
