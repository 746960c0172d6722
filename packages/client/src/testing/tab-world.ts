/** Tabs of one origin that share a database, against a server in the same process. */
import { MemoryHandler } from '@triplit/logger/memory';
import { shareStorage } from '../sharing/share-storage.ts';
import { FakeOrigin } from './fake-tabs.ts';
import { quietLogger, TodoWorld } from './todo-world.ts';
import type { TestClient } from './todo-world.ts';

type Options = Parameters<TodoWorld['open']>[0];

export interface Tab extends TestClient {
  /** The texts of all todos, by id, as a live query shows them. */
  readonly texts: () => string[];
  readonly isAlive: () => boolean;
  /** The tab ends without a word. */
  kill(): void;
}

let databases = 0;

export class TabWorld {
  readonly world: TodoWorld;
  readonly #origin = new FakeOrigin();
  readonly #name = `tabs ${++databases}`;

  private constructor(world: TodoWorld) {
    this.world = world;
  }

  static async start(): Promise<TabWorld> {
    return new TabWorld(await TodoWorld.start());
  }

  get server(): TodoWorld['server'] {
    return this.world.server;
  }

  /** `person`: whose session it has; by default that of the service. */
  openTab(person?: string, options: Options = {}): Tab {
    const platform = this.#origin.openTab();
    const logger = quietLogger(new MemoryHandler());
    const sharing = shareStorage({ type: 'indexeddb', name: this.#name }, logger, platform);
    const opened =
      person === undefined ? this.world.open(options, sharing) : this.world.openAs(person, options, sharing);
    let texts: string[] = [];
    opened.client.subscribe(
      opened.client.query('todos').Order('id', 'ASC'),
      (todos) => void (texts = todos.map(({ text }) => text)),
    );
    return {
      ...opened,
      texts: () => texts,
      isAlive: () => platform.isAlive,
      kill: () => {
        platform.kill();
        this.world.forget(opened.client);
        opened.transport.lose();
        opened.transport.isDead = true;
      },
    };
  }

  insertAtServer(id: string): Promise<unknown> {
    return this.server.db.insert('todos', { id, text: `server ${id}` }, { skipRules: true });
  }

  async serverTexts(): Promise<string[]> {
    return (await this.world.serverTodos()).map(({ text }) => text as string);
  }

  close(): Promise<void> {
    return this.world.close();
  }
}
