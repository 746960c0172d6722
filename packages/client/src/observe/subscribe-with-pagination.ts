/**
 * A live page that can be turned. A page is the rows after a cursor, or the rows before one; whether there are others on
 * the far side of the cursor is asked with a query of one row. Turning back to the start gives the first page, which has
 * no cursor and is always full.
 */
import type { CollectionQuery } from '@triplit/db';
import type { Logger } from '@triplit/logger';
import type { AnyEntity } from '../any-entity.ts';
import { cursorOf, pageQuery, rowsFrom, withoutHidden } from './page-query.ts';
import type { PageQuery } from './page-query.ts';
import { LiveRows } from './live-rows.ts';
import type { SubscribeRows } from './live-rows.ts';

export interface PageInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  /** Whether the server has answered what this page is made of. */
  readonly hasRemoteFulfilled: boolean;
}

export interface PaginatedSubscription {
  /** Stable: ends whatever page is current. */
  unsubscribe(): void;
  nextPage(): void;
  prevPage(): void;
}

export type OnPage = (results: AnyEntity[], info: PageInfo) => void;

type Cursor = ReturnType<typeof cursorOf>;
/** `after`, `before`: the rows strictly beyond the cursor. */
type Place = { readonly at: 'start' } | { readonly at: 'after' | 'before'; readonly cursor: Cursor };

export function subscribeWithPagination(
  subscribe: SubscribeRows,
  query: CollectionQuery,
  onPage: OnPage,
  onError: ((error: unknown) => void) | undefined,
  logger: Logger,
): PaginatedSubscription {
  const { limit } = query;
  // What is no limit is for the query itself to refuse.
  if (limit !== undefined && limit >= 0) {
    const pages = new Pages(subscribe, pageQuery(query, limit), onPage, onError);
    return {
      unsubscribe: () => pages.close(),
      nextPage: () => pages.next(),
      prevPage: () => pages.previous(),
    };
  }
  const warn = (): void => logger.warn('A query without a limit has one page only. Add a Limit to turn pages.');
  const rows: LiveRows = new LiveRows(subscribe, query, {
    onRows: (results) =>
      onPage([...results], { hasNextPage: false, hasPreviousPage: false, hasRemoteFulfilled: rows.isAnswered }),
    onError,
  });
  return { unsubscribe: () => rows.close(), nextPage: warn, prevPage: warn };
}

class Pages {
  readonly #subscribe: SubscribeRows;
  readonly #query: PageQuery;
  readonly #onPage: OnPage;
  readonly #onError: ((error: unknown) => void) | undefined;
  #place: Place = { at: 'start' };
  #rows: LiveRows | undefined;
  /** One row beyond the cursor, if there is any. */
  #beyond: LiveRows | undefined;
  #shown: readonly AnyEntity[] = [];
  #shownInfo: PageInfo | undefined;
  #isRequested = false;
  #isClosed = false;

  constructor(
    subscribe: SubscribeRows,
    query: PageQuery,
    onPage: OnPage,
    onError: ((error: unknown) => void) | undefined,
  ) {
    this.#subscribe = subscribe;
    this.#query = query;
    this.#onPage = onPage;
    this.#onError = onError;
    this.#turnTo({ at: 'start' });
  }

  next(): void {
    const last = this.#shown.at(-1);
    if (last !== undefined && this.#hasNext()) this.#turnTo({ at: 'after', cursor: cursorOf(last, this.#query) });
  }

  previous(): void {
    if (this.#place.at === 'start') return;
    // A page that has lost all its rows still knows where it began.
    const first = this.#shown[0];
    const cursor = first === undefined ? this.#place.cursor : cursorOf(first, this.#query);
    this.#turnTo({ at: 'before', cursor });
  }

  close(): void {
    this.#isClosed = true;
    this.#rows?.close();
    this.#beyond?.close();
  }

  #turnTo(place: Place): void {
    if (this.#isClosed) return;
    const [before, beyondBefore] = [this.#rows, this.#beyond];
    const { limit } = this.#query;
    const handlers = { onRows: () => this.#showSoon(), onError: this.#onError };
    const live = (query: CollectionQuery): LiveRows => new LiveRows(this.#subscribe, query, handlers);
    this.#place = place;
    this.#shownInfo = undefined;
    this.#beyond = undefined;
    if (place.at === 'start') {
      this.#rows = live(rowsFrom(this.#query, limit + 1, 'forward'));
    } else {
      const [ahead, back] =
        place.at === 'after' ? (['forward', 'backward'] as const) : (['backward', 'forward'] as const);
      this.#rows = live(rowsFrom(this.#query, limit + 1, ahead, [place.cursor, false]));
      this.#beyond = live(rowsFrom(this.#query, 1, back, [place.cursor, true]));
    }
    before?.close();
    beyondBefore?.close();
  }

  /** Both queries change in the same delivery; the page is shown once, after both. */
  #showSoon(): void {
    if (this.#isRequested) return;
    this.#isRequested = true;
    queueMicrotask(() => {
      this.#isRequested = false;
      this.#show();
    });
  }

  #show(): void {
    const rows = this.#rows?.current;
    if (this.#isClosed || rows === undefined || (this.#beyond !== undefined && this.#beyond.current === undefined))
      return;
    if (this.#isBackAtStart(rows)) return this.#turnTo({ at: 'start' });
    const page = rows.slice(0, this.#query.limit);
    if (this.#place.at === 'before') page.reverse();
    const info = {
      hasNextPage: this.#hasNext(),
      hasPreviousPage: this.#hasPrevious(),
      hasRemoteFulfilled: this.#rows!.isAnswered && (this.#beyond?.isAnswered ?? true),
    };
    if (isSamePage(this.#shown, page) && isSameInfo(this.#shownInfo, info)) return;
    this.#shown = page;
    this.#shownInfo = info;
    this.#onPage(withoutHidden(page, this.#query), info);
  }

  /** While the server may still send rows from before these, the start has not been found. */
  #isBackAtStart(rows: readonly AnyEntity[]): boolean {
    switch (this.#place.at) {
      case 'start':
        return false;
      case 'before':
        return rows.length <= this.#query.limit && this.#rows!.isSettled;
      case 'after':
        return this.#beyond!.current!.length === 0 && this.#beyond!.isSettled;
    }
  }

  #hasMoreRows(): boolean {
    return (this.#rows?.current?.length ?? 0) > this.#query.limit;
  }

  #hasRowsBeyond(): boolean {
    return (this.#beyond?.current?.length ?? 0) > 0;
  }

  #hasNext(): boolean {
    return this.#place.at === 'before' ? this.#hasRowsBeyond() : this.#hasMoreRows();
  }

  #hasPrevious(): boolean {
    return this.#place.at === 'before' ? this.#hasMoreRows() : this.#hasRowsBeyond();
  }
}

function isSamePage(a: readonly AnyEntity[], b: readonly AnyEntity[]): boolean {
  return a.length === b.length && a.every((row, index) => row === b[index]);
}

function isSameInfo(a: PageInfo | undefined, b: PageInfo): boolean {
  return (
    a?.hasNextPage === b.hasNextPage &&
    a.hasPreviousPage === b.hasPreviousPage &&
    a.hasRemoteFulfilled === b.hasRemoteFulfilled
  );
}
