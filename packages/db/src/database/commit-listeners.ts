/**
 * Who wants to hear of commits. Every listener is called, also after one that threw: what is committed is committed, and
 * nobody misses it because of somebody else.
 */
import { isPromise } from '../base/is-promise.ts';
import { platform } from '../base/platform.ts';
import type { DBChanges } from '../changes/types.ts';
import type { Commit } from './commit.ts';

export type CommitListener = (changes: DBChanges) => unknown;

export class CommitListeners {
  readonly #listeners = new Set<CommitListener>();

  add(listener: CommitListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Returns the error of the first listener that threw. Promises are not awaited; one that rejects is reported. */
  tell(commit: Commit): { readonly error: unknown } | undefined {
    if (this.#listeners.size === 0) return undefined;
    let failure: { readonly error: unknown } | undefined;
    for (const listener of [...this.#listeners]) {
      try {
        const returned = listener(commit.changes);
        if (isPromise(returned)) returned.then(undefined, reportFailure);
      } catch (error) {
        failure ??= { error };
      }
    }
    return failure;
  }

  /** The same where nobody could do anything about the error. */
  tellAndReport(commit: Commit): void {
    const failure = this.tell(commit);
    if (failure !== undefined) reportFailure(failure.error);
  }
}

function reportFailure(error: unknown): void {
  platform.reportError('An onCommit listener failed after the commit:', error);
}
