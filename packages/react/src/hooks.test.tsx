/** The stores behind the hooks with a real client, and the hooks as a server renders them. */
import { Schema as S, TriplitClient } from '@triplit/client';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { describe, expect, test, vi } from 'vitest';
import {
  createStateSubscription,
  useConnectionStatus,
  useEntity,
  useInfiniteQuery,
  usePaginatedQuery,
  useQuery,
  useQueryOne,
} from './index.ts';
import { createInfiniteStore } from './infinite-store.ts';
import { createPaginatedStore } from './paginated-store.ts';

const schema = S.Collections({
  todos: { schema: S.Schema({ id: S.Id(), text: S.String(), rank: S.Number({ default: 0 }) }) },
});

async function todoClient(count = 0): Promise<TriplitClient<typeof schema>> {
  const client = new TriplitClient({ schema });
  for (let n = 1; n <= count; n++) await client.insert('todos', { id: `${n}`, text: `${n}`, rank: n });
  return client;
}

describe('createStateSubscription', () => {
  test('follows the query while somebody listens', async () => {
    const client = await todoClient(1);
    const [subscribe, getSnapshot] = createStateSubscription(client, client.query('todos'));
    expect(getSnapshot()).toMatchObject({ results: undefined, fetching: true });
    const [first, second] = [vi.fn(), vi.fn()];
    const stopFirst = subscribe(first);
    const stopSecond = subscribe(second);
    await vi.waitFor(() => expect(getSnapshot().results).toHaveLength(1));
    stopFirst();
    const calls = first.mock.calls.length;
    await client.insert('todos', { text: 'two' });
    await vi.waitFor(() => expect(getSnapshot().results).toHaveLength(2));
    expect(first).toHaveBeenCalledTimes(calls);
    stopSecond();
    await client.insert('todos', { text: 'three' });
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(getSnapshot().results).toHaveLength(2);
  });

  test('gives the same snapshot until something changes', async () => {
    const client = await todoClient(1);
    const [subscribe, getSnapshot] = createStateSubscription(client, client.query('todos'));
    const before = getSnapshot();
    const listener = vi.fn();
    const stop = subscribe(listener);
    expect(getSnapshot()).toBe(before);
    await vi.waitFor(() => expect(getSnapshot().results).toHaveLength(1));
    expect(getSnapshot()).toBe(getSnapshot());
    expect(listener).toHaveBeenCalledOnce();
    stop();
  });

  test('survives being left and taken up again at once, as under StrictMode', async () => {
    const client = await todoClient(1);
    const [subscribe, getSnapshot] = createStateSubscription(client, client.query('todos'));
    subscribe(() => undefined)();
    const stop = subscribe(() => undefined);
    await vi.waitFor(() => expect(getSnapshot().results).toHaveLength(1));
    stop();
  });

  test('does nothing when disabled', async () => {
    const client = await todoClient(1);
    const subscribeWithStatus = vi.spyOn(client, 'subscribeWithStatus');
    const [subscribe, getSnapshot] = createStateSubscription(client, client.query('todos'), { enabled: false });
    subscribe(() => undefined)();
    expect(subscribeWithStatus).not.toHaveBeenCalled();
    expect(getSnapshot()).toEqual({
      results: undefined,
      error: undefined,
      fetching: false,
      fetchingLocal: false,
      fetchingRemote: false,
    });
  });
});

describe('the paginated store', () => {
  test('turns pages and ends whatever page is shown', async () => {
    const client = await todoClient(5);
    const query = client.query('todos').Order('rank', 'ASC').Limit(2);
    const store = createPaginatedStore(client, query, {});
    expect(store.getSnapshot()).toMatchObject({ fetching: true, fetchingPage: false });
    const stop = store.subscribe(() => undefined);
    const ids = () => store.getSnapshot().results?.map(({ id }) => id);
    await vi.waitFor(() => expect(ids()).toEqual(['1', '2']));
    store.prevPage();
    expect(store.getSnapshot().fetchingPage).toBe(false);
    store.nextPage();
    expect(store.getSnapshot().fetchingPage).toBe(true);
    await vi.waitFor(() => expect(ids()).toEqual(['3', '4']));
    expect(store.getSnapshot()).toMatchObject({
      fetching: false,
      fetchingPage: false,
      hasPreviousPage: true,
      hasNextPage: true,
    });
    stop();
    await client.delete('todos', '3');
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(ids()).toEqual(['3', '4']);
  });

  test('can be disabled', async () => {
    const client = await todoClient(1);
    const store = createPaginatedStore(client, client.query('todos').Limit(1), { enabled: false });
    store.subscribe(() => undefined)();
    expect(store.getSnapshot().fetching).toBe(false);
  });
});

test('the infinite store grows, also as an event handler', async () => {
  const client = await todoClient(5);
  const store = createInfiniteStore(client, client.query('todos').Order('rank', 'ASC').Limit(2), {});
  const stop = store.subscribe(() => undefined);
  await vi.waitFor(() =>
    expect(store.getSnapshot()).toMatchObject({ fetching: false, fetchingRemote: false, hasMore: true }),
  );
  store.loadMore({ type: 'click' });
  expect(store.getSnapshot().fetchingMore).toBe(true);
  await vi.waitFor(() => expect(store.getSnapshot().results).toHaveLength(4));
  store.loadMore(10);
  await vi.waitFor(() => expect(store.getSnapshot()).toMatchObject({ fetchingMore: false, hasMore: false }));
  expect(store.getSnapshot().results).toHaveLength(5);
  stop();
});

describe('rendered on a server', () => {
  function render(component: () => unknown): unknown {
    let shown: unknown;
    function Probe() {
      shown = component();
      return null;
    }
    renderToString(createElement(Probe));
    return shown;
  }

  test('hooks show their initial states, and leave nothing running', async () => {
    const client = await todoClient(1);
    const subscribe = vi.spyOn(client, 'subscribeWithStatus');
    const query = client.query('todos').Order('rank', 'ASC').Limit(1);
    const loading = { error: undefined, fetching: true, fetchingLocal: true, fetchingRemote: false };
    expect(render(() => useQuery(client, query))).toEqual({ ...loading, results: undefined });
    expect(render(() => useQueryOne(client, query))).toEqual({ ...loading, result: null });
    expect(render(() => useEntity(client, 'todos', '1'))).toEqual({ ...loading, result: null });
    expect(render(() => useQuery(client, query, { enabled: false }))).toMatchObject({
      fetching: false,
      fetchingLocal: false,
    });
    expect(render(() => usePaginatedQuery(client, query))).toMatchObject({ fetching: true, hasNextPage: false });
    expect(render(() => useInfiniteQuery(client, query))).toMatchObject({
      fetching: true,
      fetchingRemote: false,
      hasMore: false,
    });
    expect(render(() => useConnectionStatus(client))).toBe('UNINITIALIZED');
    expect(subscribe).not.toHaveBeenCalled();
  });
});
