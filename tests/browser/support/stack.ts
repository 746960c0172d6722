/** Everything a story needs, for real: stand-in of Clerk, Triplit server process on LMDB, the app, and a Chromium. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClerkStandIn } from 'clerk-stand-in';
import type { ClerkStandIn } from 'clerk-stand-in';
import type { Browser } from 'playwright-core';
import { takeFreePort } from '../../../tools/demo/free-port.mjs';
import { startTriplitServer } from '../../../tools/demo/triplit-server.mjs';
import type { TriplitServer } from '../../../tools/demo/triplit-server.mjs';
import { startAppServer } from './app-server.ts';
import { launchChromium } from './chromium.ts';
import { Person } from './person.ts';

const exampleFolder = fileURLToPath(new URL('../../../examples/clerk-todos/', import.meta.url));

export interface StackOptions {
  readonly tokenLifetimeSeconds?: number;
  /** What the Triplit server gets as external secret. By default the right one. */
  readonly externalJwtSecret?: string;
}

export class Stack {
  readonly standIn: ClerkStandIn;
  readonly origin: string;
  readonly triplitUrl: string;
  /** What the Triplit server logged, over all its restarts. */
  readonly log: string[] = [];
  readonly #parts: StackParts;
  readonly #people: Person[] = [];
  #server: TriplitServer | undefined;

  private constructor(parts: StackParts) {
    this.#parts = parts;
    this.standIn = parts.standIn;
    this.origin = parts.origin;
    this.triplitUrl = `http://localhost:${parts.triplitPort}`;
  }

  static async start(options: StackOptions = {}): Promise<Stack> {
    const [appPort, triplitPort] = [await takeFreePort(), await takeFreePort()];
    const origin = `http://localhost:${appPort}`;
    const standIn = await createClerkStandIn({ origin, tokenLifetimeSeconds: options.tokenLifetimeSeconds });
    const app = await startAppServer({
      port: appPort,
      triplitUrl: `http://localhost:${triplitPort}`,
      standIn: standIn.fetch,
    });
    const dataFolder = mkdtempSync(join(tmpdir(), 'triplit-browser-test-'));
    const stack = new Stack({
      origin,
      standIn,
      triplitPort,
      dataFolder,
      browser: await launchChromium(),
      closeApp: app.close,
    });
    await stack.startServer(options.externalJwtSecret);
    return stack;
  }

  /** Opens a browser of its own for this person and signs in. */
  async signIn(firstName: 'Ada' | 'Grace' | 'Linus'): Promise<Person> {
    const person = await Person.signIn(this.#parts.browser, this.origin, firstName);
    this.#people.push(person);
    return person;
  }

  async startServer(externalJwtSecret = this.standIn.publicKeyPem.replaceAll('\n', '')): Promise<void> {
    this.#server = await startTriplitServer({
      folder: exampleFolder,
      port: this.#parts.triplitPort,
      env: {
        TRIPLIT_EXTERNAL_JWT_SECRET: externalJwtSecret,
        TRIPLIT_LOCAL_DATABASE_URL: join(this.#parts.dataFolder, 'app.db'),
      },
      onLine: (line) => this.log.push(line),
    });
  }

  /** `kill -9`: no shutdown code runs. */
  async killServer(): Promise<void> {
    const { process } = this.#server!;
    process.kill('SIGKILL');
    await once(process, 'close');
  }

  async stopServer(): Promise<void> {
    await this.#server?.stop();
  }

  async close(): Promise<void> {
    await Promise.all(this.#people.map((person) => person.close()));
    await this.#parts.browser.close();
    await this.stopServer();
    await this.#parts.closeApp();
    this.standIn.close();
    rmSync(this.#parts.dataFolder, { recursive: true, force: true });
  }
}

interface StackParts {
  readonly origin: string;
  readonly standIn: ClerkStandIn;
  readonly triplitPort: number;
  readonly dataFolder: string;
  readonly browser: Browser;
  readonly closeApp: () => Promise<void>;
}
