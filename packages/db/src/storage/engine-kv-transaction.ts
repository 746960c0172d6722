/**
 * A key/value transaction over a storage engine: edits gather in memory over the engine and reach it in one write.
 * Scopes of a transaction share its edits and its end.
 */
import { TransactionAlreadyCanceledError, TransactionAlreadyCommittedError } from '../base/errors.ts';
import { encodeTuple } from '../values/key-encoding.ts';
import { EngineKV } from './engine-kv.ts';
import type { KVStoreTransaction, Tuple } from './kv-types.ts';
import { OverlayEngine } from './overlay-engine.ts';
import type { StorageEngine } from './port.ts';
import { ScopedEngine } from './scoped-engine.ts';

interface TransactionState {
  readonly base: StorageEngine;
  readonly overlay: OverlayEngine;
  status: 'open' | 'committed' | 'cancelled';
}

export class EngineKVTransaction extends EngineKV implements KVStoreTransaction {
  #state: TransactionState;
  /** The overlay, or the part of it in this scope. */
  #view: StorageEngine;

  constructor(base: StorageEngine) {
    super();
    const overlay = new OverlayEngine(base);
    this.#state = { base, overlay, status: 'open' };
    this.#view = overlay;
  }

  get status(): 'open' | 'committed' | 'cancelled' {
    return this.#state.status;
  }

  scope(prefix: Tuple): EngineKVTransaction {
    this.#assertOpen();
    const scoped = new EngineKVTransaction(this.#state.base);
    scoped.#state = this.#state;
    scoped.#view = new ScopedEngine(this.#view, encodeTuple(prefix));
    return scoped;
  }

  async commit(): Promise<void> {
    const { base, overlay } = this.#state;
    this.#assertOpen();
    this.#state.status = 'committed';
    if (base.ready !== undefined) await base.ready;
    await base.write(overlay.edits());
  }

  cancel(): void {
    this.#assertOpen();
    this.#state.status = 'cancelled';
  }

  protected override async opened(): Promise<StorageEngine> {
    this.#assertOpen();
    if (this.#view.ready !== undefined) await this.#view.ready;
    return this.#view;
  }

  #assertOpen(): void {
    if (this.#state.status === 'committed') throw new TransactionAlreadyCommittedError();
    if (this.#state.status === 'cancelled') throw new TransactionAlreadyCanceledError();
  }
}
