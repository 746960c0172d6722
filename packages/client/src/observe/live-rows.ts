/** The rows of one query as they are now, for subscriptions that are made of several queries. */
import type { CollectionQuery } from '@triplit/db';
import type { AnyEntity } from '../any-entity.ts';

/** Subscribes to a query. `isWaitingForServer`: whether an answer is still to be expected. */
export type SubscribeRows = (
  query: CollectionQuery,
  handlers: {
    onRows(rows: AnyEntity[]): void;
    onAnswered(): void;
    onError(error: unknown): void;
  },
) => { readonly isWaitingForServer: boolean; close(): void };

export interface LiveRowsHandlers {
  /** Also called, with the same rows, when the server has answered. */
  onRows(rows: readonly AnyEntity[]): void;
  onError?: ((error: unknown) => void) | undefined;
}

export class LiveRows {
  readonly #subscription: ReturnType<SubscribeRows>;
  #current: readonly AnyEntity[] | undefined;
  #isAnswered = false;
  #isClosed = false;

  constructor(subscribe: SubscribeRows, query: CollectionQuery, { onRows, onError }: LiveRowsHandlers) {
    this.#subscription = subscribe(query, {
      onRows: (rows) => {
        this.#current = rows;
        if (!this.#isClosed) onRows(rows);
      },
      onAnswered: () => {
        const isFirst = !this.#isAnswered;
        this.#isAnswered = true;
        if (isFirst && !this.#isClosed && this.#current !== undefined) onRows(this.#current);
      },
      onError: (error) => {
        if (!this.#isClosed) onError?.(error);
      },
    });
  }

  /** Undefined until the first result. */
  get current(): readonly AnyEntity[] | undefined {
    return this.#current;
  }

  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  /** Whether these rows are all that can be had for now. */
  get isSettled(): boolean {
    return this.#isAnswered || !this.#subscription.isWaitingForServer;
  }

  close(): void {
    this.#isClosed = true;
    this.#subscription.close();
  }
}
