/** A live list that grows: the first rows of a query, and more of them each time somebody asks. */
import type { CollectionQuery } from '@triplit/db';
import type { Logger } from '@triplit/logger';
import type { AnyEntity } from '../any-entity.ts';
import { LiveRows } from './live-rows.ts';
import type { SubscribeRows } from './live-rows.ts';
import { pageQuery, rowsFrom, withoutHidden } from './page-query.ts';

export interface ExpandInfo {
  readonly hasMore: boolean;
}

export interface InfiniteSubscription {
  unsubscribe(): void;
  /** Adds as many rows, or as many as the query's limit. */
  loadMore(pageSize?: number): void;
}

export function subscribeWithExpand(
  subscribe: SubscribeRows,
  query: CollectionQuery,
  onResults: (results: AnyEntity[], info: ExpandInfo) => void,
  onError: ((error: unknown) => void) | undefined,
  logger: Logger,
): InfiniteSubscription {
  const { limit: firstLimit } = query;
  // What is no limit is for the query itself to refuse.
  if (firstLimit === undefined || !(firstLimit >= 0)) {
    const rows = new LiveRows(subscribe, query, {
      onRows: (results) => onResults([...results], { hasMore: false }),
      onError,
    });
    return {
      unsubscribe: () => rows.close(),
      loadMore: () =>
        logger.warn('A query without a limit has all its rows already. Add a Limit to load more step by step.'),
    };
  }

  const page = pageQuery(query, firstLimit);
  let limit = firstLimit;
  let isClosed = false;
  let shown = open();

  function open(): LiveRows {
    const wanted = limit;
    let previous: readonly AnyEntity[] | undefined;
    let hadMore: boolean | undefined;
    const rows = new LiveRows(subscribe, rowsFrom(page, wanted + 1, 'forward'), {
      onRows: (results) => {
        const hasMore = results.length > wanted;
        if (results === previous && hasMore === hadMore) return;
        previous = results;
        hadMore = hasMore;
        onResults(withoutHidden(results.slice(0, wanted), page), { hasMore });
      },
      onError,
    });
    return rows;
  }

  return {
    unsubscribe: () => {
      isClosed = true;
      shown.close();
    },
    loadMore: (pageSize) => {
      if (isClosed) return;
      limit += Number.isSafeInteger(pageSize) && pageSize! > 0 ? pageSize! : firstLimit;
      const before = shown;
      shown = open();
      before.close();
    },
  };
}
