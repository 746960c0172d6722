/** How a framework binding is mounted by the suite that all of them pass, and the world that the suite runs in. */
import type { EnabledSubscriptionOptions, SchemaQuery } from '@triplit/client';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import type { ConnectionStatus } from '../sync/connection-state.ts';
import type { schema, TodoClient } from './todo-world.ts';
import { TodoWorld } from './todo-world.ts';

/** A primitive in use. */
export interface Mounted<State, Arguments extends readonly unknown[]> {
  /** What was shown, oldest first; equal neighbours are one. */
  readonly states: readonly State[];
  /** Uses it with other arguments, as when a component renders again. */
  update(...args: Arguments): void;
  unmount(): void;
}
export type Mount<State, Arguments extends readonly unknown[]> = (...args: Arguments) => Mounted<State, Arguments>;

interface Row {
  readonly id: string;
  readonly text: string;
}
interface Flags {
  readonly error: unknown;
  readonly fetching: boolean;
  readonly fetchingLocal: boolean;
  readonly fetchingRemote: boolean;
}
export interface QueryShown extends Flags {
  readonly results: readonly Row[] | undefined;
}
export interface OneShown extends Flags {
  readonly result: Row | null;
}
export interface PageShown {
  readonly results: readonly Row[] | undefined;
  readonly error: unknown;
  readonly fetching: boolean;
  readonly fetchingPage: boolean;
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  nextPage(): void;
  prevPage(): void;
  disconnect(): void;
}
export interface ListShown {
  readonly results: readonly Row[] | undefined;
  readonly error: unknown;
  readonly fetching: boolean;
  readonly fetchingRemote: boolean;
  readonly fetchingMore: boolean;
  readonly hasMore: boolean;
  loadMore(pageSize?: unknown): void;
  disconnect(): void;
}

type Query = SchemaQuery<typeof schema>;
type Options = Partial<EnabledSubscriptionOptions>;
type QueryArguments = [client: TodoClient, query: Query, options?: Options];

/** How a binding's primitives are mounted. */
export interface BindingHarness {
  readonly query: Mount<QueryShown, QueryArguments>;
  readonly queryOne: Mount<OneShown, QueryArguments>;
  readonly entity: Mount<OneShown, [client: TodoClient, collection: 'todos', id: string, options?: Options]>;
  readonly paginated: Mount<PageShown, QueryArguments>;
  readonly infinite: Mount<ListShown, QueryArguments>;
  readonly connectionStatus: Mount<ConnectionStatus, [client: TodoClient]>;
}

export const eventually = (assertion: () => unknown): Promise<unknown> =>
  vi.waitFor(assertion, { timeout: 3_000, interval: 5 });
export const pause = (ms = 40): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
export const letter = (flag: boolean): string => (flag ? 'T' : 'F');

/** To be called inside of `describe`: a server of its own for each test, and what every test needs. */
export function bindingWorld() {
  let world: TodoWorld;
  const mounted: { unmount(): void }[] = [];
  const unhandled = vi.fn();
  beforeEach(async () => {
    world = await TodoWorld.start();
    unhandled.mockClear();
    process.on('unhandledRejection', unhandled);
  });
  afterEach(async () => {
    for (const each of mounted.splice(0)) each.unmount();
    await world.close();
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  /** Unmounts at the end of the test. */
  function using<State, Arguments extends readonly unknown[]>(
    mount: Mount<State, Arguments>,
    ...args: Arguments
  ): Mounted<State, Arguments> & { readonly current: State } {
    const each = mount(...args);
    mounted.push(each);
    return {
      states: each.states,
      update: each.update,
      unmount: each.unmount,
      get current() {
        return each.states.at(-1)!;
      },
    };
  }

  const todos = (client: TodoClient) => client.query('todos').Order('id', 'ASC');

  async function connected(client: TodoClient): Promise<TodoClient> {
    await eventually(() => expect(client.syncEngine.serverReady).toBe(true));
    return client;
  }

  async function clientWith(count: number, options: { autoConnect?: boolean } = {}): Promise<TodoClient> {
    const { client } = world.open({ autoConnect: false, ...options });
    for (let rank = 1; rank <= count; rank++) await client.insert('todos', { id: `${rank}`, text: `${rank}`, rank });
    return client;
  }

  /** A client that knows J, and so does the server; the query for all todos was never made. */
  async function clientWithJ(): Promise<TodoClient> {
    const client = await connected(world.open().client);
    await client.insert('todos', { id: 'J', text: 'J' });
    await eventually(async () => expect(await world.serverTodos()).toHaveLength(1));
    return client;
  }

  /** Nothing is left at the server, nor listens. */
  async function expectNothingLeft(client: TodoClient): Promise<void> {
    await pause(10);
    expect(client.syncEngine.queries.size).toBe(0);
  }

  return { world: () => world, using, todos, connected, clientWith, clientWithJ, expectNothingLeft };
}
