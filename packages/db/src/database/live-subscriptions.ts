/**
 * Delivery of live results to callbacks. Views are current after every commit; delivery has two steps that a program may
 * drive itself (`prepare`, then `broadcast`), and happens by itself once per turn of the event loop when nobody does.
 */
import { platform } from '../base/platform.ts';
import type { LiveQuery } from '../engine/engine.ts';
import type { View } from '../engine/view.ts';

export interface SubscriptionSource {
  /** Opens the live view. `onChange` is called after each commit that changed it. */
  open(onChange: () => void): LiveQuery;
  deliver(view: View): void;
  fail(error: unknown): void;
}

interface Subscription {
  readonly source: SubscriptionSource;
  live: LiveQuery | undefined;
  closed: boolean;
}

export class LiveSubscriptions {
  readonly #all = new Set<Subscription>();
  /** Have something to deliver that no `prepare` has looked at yet. */
  readonly #pending = new Set<Subscription>();
  readonly #prepared = new Set<Subscription>();
  #cancelScheduled: (() => void) | undefined;

  /** Returns a function that ends the subscription: no callback after it returns. */
  add(source: SubscriptionSource): () => void {
    const subscription: Subscription = { source, live: undefined, closed: false };
    this.#all.add(subscription);
    this.#note(subscription);
    return () => this.#remove(subscription);
  }

  /** Step one: computes what new subscriptions need and takes in what changed. */
  prepare(): void {
    for (const subscription of [...this.#pending]) {
      this.#pending.delete(subscription);
      if (subscription.closed) continue;
      if (subscription.live === undefined && !this.#open(subscription)) continue;
      this.#prepared.add(subscription);
    }
  }

  /** Step two: calls the callbacks that have something new. One that throws does not touch the others. */
  broadcast(): void {
    for (const subscription of [...this.#prepared]) {
      this.#prepared.delete(subscription);
      if (subscription.closed || subscription.live === undefined) continue;
      try {
        subscription.source.deliver(subscription.live.view);
      } catch (error) {
        subscription.source.fail(error);
      }
    }
    if (this.#pending.size === 0) this.#cancel();
  }

  /** Opens every subscription again, after what its query means has changed. */
  reopen(): void {
    for (const subscription of this.#all) {
      subscription.live?.close();
      subscription.live = undefined;
      this.#note(subscription);
    }
  }

  closeAll(): void {
    for (const subscription of [...this.#all]) this.#remove(subscription);
    this.#cancel();
  }

  #open(subscription: Subscription): boolean {
    try {
      subscription.live = subscription.source.open(() => this.#note(subscription));
      return true;
    } catch (error) {
      subscription.source.fail(error);
      return false;
    }
  }

  #remove(subscription: Subscription): void {
    if (subscription.closed) return;
    subscription.closed = true;
    subscription.live?.close();
    this.#all.delete(subscription);
    this.#pending.delete(subscription);
    this.#prepared.delete(subscription);
  }

  #note(subscription: Subscription): void {
    this.#pending.add(subscription);
    this.#cancelScheduled ??= platform.schedule(() => {
      this.#cancelScheduled = undefined;
      this.prepare();
      this.broadcast();
    });
  }

  #cancel(): void {
    this.#cancelScheduled?.();
    this.#cancelScheduled = undefined;
  }
}
