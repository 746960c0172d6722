/**
 * Delivery of live results to callbacks. Views are current after every commit; delivery has two steps that a program may
 * drive itself (`prepare`, then `broadcast`), and happens by itself once per turn of the event loop when nobody does. A
 * query that cannot be evaluated is reported once and tried again after each commit.
 */
import { isPromise } from '../base/is-promise.ts';
import { platform } from '../base/platform.ts';
import type { LiveQuery, ViewListener } from '../engine/engine.ts';
import type { View } from '../engine/view.ts';

export interface SubscriptionSource {
  /** Opens the live view. The listener is called after each commit that changed it, or that it did not survive. */
  open(listener: ViewListener): LiveQuery;
  /** A promise is not awaited; its rejection counts as a throw. */
  deliver(view: View): unknown;
  fail(error: unknown): void;
}

interface Subscription {
  readonly source: SubscriptionSource;
  live: LiveQuery | undefined;
  closed: boolean;
  isPending: boolean;
  isPrepared: boolean;
}

export class LiveSubscriptions {
  readonly #all = new Set<Subscription>();
  /** Have something to deliver that no `prepare` has looked at yet. */
  #pending: Subscription[] = [];
  #prepared: Subscription[] = [];
  /** Could not be opened, with the message that was reported. */
  readonly #failed = new Map<Subscription, string>();
  #cancelScheduled: (() => void) | undefined;

  /** Returns a function that ends the subscription: no callback after it returns. */
  add(source: SubscriptionSource): () => void {
    const subscription: Subscription = { source, live: undefined, closed: false, isPending: false, isPrepared: false };
    this.#all.add(subscription);
    this.#note(subscription);
    return () => this.#remove(subscription);
  }

  /** Step one: computes what new subscriptions need and takes in what changed. */
  prepare(): void {
    const pending = this.#pending;
    this.#pending = [];
    for (const subscription of pending) {
      const { isPending } = subscription;
      subscription.isPending = false;
      if (!isPending || subscription.closed) continue;
      if (subscription.live === undefined && !this.#open(subscription)) continue;
      if (!subscription.isPrepared) this.#prepared.push(subscription);
      subscription.isPrepared = true;
    }
  }

  /** Step two: calls the callbacks that have something new. One that throws does not touch the others. */
  broadcast(): void {
    const prepared = this.#prepared;
    this.#prepared = [];
    for (const subscription of prepared) {
      subscription.isPrepared = false;
      if (subscription.closed || subscription.live === undefined) continue;
      // What was committed since `prepare` is delivered now and need not be again.
      subscription.isPending = false;
      try {
        const returned = subscription.source.deliver(subscription.live.view);
        if (isPromise(returned)) returned.then(undefined, (error: unknown) => report(subscription, error));
      } catch (error) {
        report(subscription, error);
      }
    }
    if (!this.#pending.some(({ isPending }) => isPending)) this.#cancel();
  }

  /** Opens every subscription again, after what its query means has changed. */
  reopen(): void {
    for (const subscription of this.#all) {
      close(subscription);
      this.#note(subscription);
    }
  }

  /** To be called after every commit: what could not be evaluated may be able to be now. */
  committed(): void {
    for (const subscription of this.#failed.keys()) this.#note(subscription);
  }

  closeAll(): void {
    for (const subscription of [...this.#all]) this.#remove(subscription);
    this.#cancel();
  }

  #open(subscription: Subscription): boolean {
    try {
      subscription.live = subscription.source.open((failure) => {
        if (failure !== undefined) close(subscription);
        this.#note(subscription);
      });
      this.#failed.delete(subscription);
      return true;
    } catch (error) {
      const message = String(error);
      if (this.#failed.get(subscription) !== message) report(subscription, error);
      if (!subscription.closed) this.#failed.set(subscription, message);
      return false;
    }
  }

  #remove(subscription: Subscription): void {
    if (subscription.closed) return;
    subscription.closed = true;
    close(subscription);
    this.#all.delete(subscription);
    this.#failed.delete(subscription);
  }

  #note(subscription: Subscription): void {
    if (!subscription.isPending) this.#pending.push(subscription);
    subscription.isPending = true;
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

function close(subscription: Subscription): void {
  subscription.live?.close();
  subscription.live = undefined;
}

/** An error handler that throws is no reason to leave out the others. */
function report(subscription: Subscription, error: unknown): void {
  try {
    subscription.source.fail(error);
  } catch (failure) {
    platform.reportError('The onError callback of a live query threw:', failure);
  }
}
