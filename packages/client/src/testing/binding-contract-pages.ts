/** The part of the contract of framework bindings that is about pages and growing lists. */
import { describe, expect, test, vi } from 'vitest';
import { bindingWorld, eventually, letter, pause } from './binding-harness.ts';
import type { BindingHarness, ListShown, PageShown } from './binding-harness.ts';
import type { TodoClient } from './todo-world.ts';

export function describePages(harness: BindingHarness): void {
  const { world, using, connected, clientWith, clientWithJ, expectNothingLeft } = bindingWorld();

  describe('pages', () => {
    const paged = (client: TodoClient) => client.query('todos').Order('rank', 'ASC').Limit(2);
    const page = ({ results, hasPreviousPage, hasNextPage }: PageShown) =>
      `${results?.map(({ id }) => id).join()} ${letter(hasPreviousPage)}${letter(hasNextPage)}`;

    test('are turned, and say when they are being fetched', async () => {
      const client = await clientWith(5);
      const shown = using(harness.paginated, client, paged(client));
      expect(shown.current).toMatchObject({ results: undefined, fetching: true, fetchingPage: false });
      await eventually(() => expect(page(shown.current)).toBe('1,2 FT'));
      expect(shown.current).toMatchObject({ fetching: false, fetchingPage: false, error: undefined });
      shown.current.nextPage();
      await eventually(() => expect(page(shown.current)).toBe('3,4 TT'));
      expect(shown.states.some(({ fetchingPage, results }) => fetchingPage && results?.[0]?.id === '1')).toBe(true);
      expect(shown.current.fetchingPage).toBe(false);
      shown.current.nextPage();
      await eventually(() => expect(page(shown.current)).toBe('5 TF'));
      shown.current.prevPage();
      await eventually(() => expect(page(shown.current)).toBe('3,4 TT'));
    });

    test('have functions that stay the same', async () => {
      const client = await clientWith(3);
      const shown = using(harness.paginated, client, paged(client));
      const { nextPage, prevPage, disconnect } = shown.current;
      await eventually(() => expect(page(shown.current)).toBe('1,2 FT'));
      shown.update(client, paged(client).Limit(1));
      await eventually(() => expect(page(shown.current)).toBe('1 FT'));
      expect(shown.current).toMatchObject({ nextPage, prevPage, disconnect });
      nextPage();
      await eventually(() => expect(page(shown.current)).toBe('2 TT'));
    });

    test('begin again with another query', async () => {
      const client = await clientWith(3);
      const shown = using(harness.paginated, client, paged(client));
      await eventually(() => expect(page(shown.current)).toBe('1,2 FT'));
      const before = shown.states.length;
      shown.update(client, paged(client).Where('rank', '>', 2));
      await eventually(() => expect(page(shown.current)).toBe('3 FF'));
      expect(shown.states[before]).toMatchObject({ results: undefined, fetching: true, hasNextPage: false });
    });

    test('can be disabled, and fail', async () => {
      const client = await clientWith(3);
      const off = using(harness.paginated, client, paged(client), { enabled: false });
      await pause();
      expect(off.current).toMatchObject({ results: undefined, fetching: false, fetchingPage: false });
      const invalid = { collectionName: 'nothing', limit: 1 } as never;
      const failing = using(harness.paginated, client, invalid);
      await eventually(() =>
        expect(failing.current).toMatchObject({ fetching: false, error: { name: 'InvalidCollectionNameError' } }),
      );
    });

    test('leave nothing when they are unmounted or disconnected, wherever they were turned to', async () => {
      const { client } = world().open();
      await connected(client);
      await client.transact(async (tx) => {
        for (const id of ['1', '2', '3']) await tx.insert('todos', { id, text: id, rank: Number(id) });
      });
      for (const end of ['unmount', 'disconnect'] as const) {
        const shown = using(harness.paginated, client, paged(client));
        await eventually(() => expect(page(shown.current)).toBe('1,2 FT'));
        shown.current.nextPage();
        await eventually(() => expect(page(shown.current)).toBe('3 TF'));
        if (end === 'unmount') shown.unmount();
        else shown.current.disconnect();
        await expectNothingLeft(client);
        // A button that is still there does nothing.
        shown.current.prevPage();
        await expectNothingLeft(client);
        expect(shown.current.fetchingPage).toBe(false);
      }
    });
  });

  describe('a growing list', () => {
    const list = (client: TodoClient) => client.query('todos').Order('rank', 'ASC').Limit(2);
    const ids = ({ results, hasMore }: ListShown) => `${results?.map(({ id }) => id).join()} ${letter(hasMore)}`;

    test('grows by its limit, or by as many as are asked for', async () => {
      const client = await clientWith(6);
      const shown = using(harness.infinite, client, list(client));
      expect(shown.current).toMatchObject({ results: undefined, fetching: true, fetchingMore: false });
      await eventually(() => expect(ids(shown.current)).toBe('1,2 T'));
      expect(shown.current).toMatchObject({ fetching: false, fetchingRemote: false, error: undefined });
      const { loadMore } = shown.current;
      // As an event handler.
      loadMore({ type: 'click' });
      await eventually(() => expect(ids(shown.current)).toBe('1,2,3,4 T'));
      expect(shown.states.some(({ fetchingMore }) => fetchingMore)).toBe(true);
      expect(shown.current).toMatchObject({ fetchingMore: false, loadMore });
      loadMore(1);
      await eventually(() => expect(ids(shown.current)).toBe('1,2,3,4,5 T'));
      loadMore();
      await eventually(() => expect(ids(shown.current)).toBe('1,2,3,4,5,6 F'));
    });

    test('waits for the server while there is one, and calls the callback of the caller', async () => {
      const client = await connected(world().open().client);
      world().server.latencyMs = 20;
      const onRemoteFulfilled = vi.fn();
      const shown = using(harness.infinite, client, list(client), { onRemoteFulfilled });
      await eventually(() => expect(shown.current.fetchingRemote).toBe(true));
      await eventually(() => expect(onRemoteFulfilled).toHaveBeenCalled());
      await eventually(() => expect(shown.current.fetchingRemote).toBe(false));
    });

    test('does not wait for a server that there is not', async () => {
      const client = await clientWith(1);
      const shown = using(harness.infinite, client, list(client));
      await eventually(() => expect(ids(shown.current)).toBe('1 F'));
      expect(shown.states.some(({ fetchingRemote }) => fetchingRemote)).toBe(false);
    });

    test('begins again with another query', async () => {
      const client = await clientWith(4);
      const shown = using(harness.infinite, client, list(client));
      await eventually(() => expect(ids(shown.current)).toBe('1,2 T'));
      shown.current.loadMore();
      await eventually(() => expect(ids(shown.current)).toBe('1,2,3,4 F'));
      const before = shown.states.length;
      shown.update(client, list(client).Where('rank', '>', 1));
      await eventually(() => expect(ids(shown.current)).toBe('2,3 T'));
      expect(shown.states[before]).toMatchObject({ results: undefined, fetching: true, hasMore: false });
    });

    test('can be disabled, fails, and leaves nothing', async () => {
      const client = await clientWithJ();
      const off = using(harness.infinite, client, list(client), { enabled: false });
      await pause();
      expect(off.current).toMatchObject({ results: undefined, fetching: false, fetchingRemote: false });
      const failing = using(harness.infinite, client, { collectionName: 'nothing', limit: 1 } as never);
      await eventually(() =>
        expect(failing.current).toMatchObject({ fetching: false, error: { name: 'InvalidCollectionNameError' } }),
      );
      const shown = using(harness.infinite, client, list(client));
      await eventually(() => expect(ids(shown.current)).toBe('J F'));
      shown.current.loadMore();
      shown.unmount();
      await expectNothingLeft(client);
    });

    test('that was disconnected leaves nothing, fetches nothing, and does not grow', async () => {
      const client = await connected((await clientWithJ()) as TodoClient);
      const shown = using(harness.infinite, client, list(client));
      await eventually(() => expect(ids(shown.current)).toBe('J F'));
      shown.current.disconnect();
      shown.current.loadMore();
      await expectNothingLeft(client);
      client.disconnect();
      await pause();
      await client.connect();
      await pause();
      expect(shown.current).toMatchObject({ fetching: false, fetchingRemote: false, fetchingMore: false });
    });
  });
}
