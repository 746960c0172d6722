/** Runs the callback of a transaction and commits what it wrote, again when others changed what it had read meanwhile. */
import { describeValue } from '../base/describe-value.ts';
import { InvalidOperationError, TransactionConflictError } from '../base/errors.ts';
import { isPromise } from '../base/is-promise.ts';
import type { Session } from '../permissions/session.ts';
import type { DBTransaction } from '../transactions/transaction.ts';
import type { Commit } from './commit.ts';
import type { DatabaseCore } from './database-core.ts';

/** So often a transaction is run again when others changed what it read. */
const MAX_TRANSACTION_ATTEMPTS = 100;

/** Resolves when the commit is durable, and rejects with the callback's own error when it was rolled back. */
export async function runTransaction<T>(
  core: DatabaseCore,
  session: Session | undefined,
  skipRules: boolean,
  callback: (tx: DBTransaction) => T | Promise<T>,
): Promise<T> {
  if (typeof callback !== 'function') {
    throw new InvalidOperationError(
      `transact needs a function that is given the transaction, but got ${describeValue(callback)}.`,
    );
  }
  if (core.ready !== undefined) await core.ready;
  for (let attempt = 1; ; attempt++) {
    const tx = core.transaction(session, skipRules);
    let result: T;
    let commit: Commit;
    try {
      const returned = callback(tx);
      result = isPromise(returned) ? await returned : returned;
      tx.assertConsistent();
      tx.finish('committed');
      commit = core.commit(tx.changes, session, { skipRules });
    } catch (error) {
      tx.finish('cancelled');
      if (!tx.inConflict) throw error;
      if (attempt < MAX_TRANSACTION_ATTEMPTS) continue;
      throw new TransactionConflictError(
        `Others changed it during each of ${attempt} attempts. Let the callback read less or finish sooner, and write through its own transaction only.`,
      );
    }
    const failure = core.commitListeners.tell(commit);
    await commit.durable;
    if (failure !== undefined) throw failure.error;
    return result;
  }
}
