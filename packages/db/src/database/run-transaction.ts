/** Runs the callback of a transaction and commits what it wrote, again when others changed what it had read meanwhile. */
import { describeValue } from '../base/describe-value.ts';
import { InvalidOperationError, TransactionConflictError } from '../base/errors.ts';
import { isPromise } from '../base/is-promise.ts';
import type { Session } from '../permissions/session.ts';
import { DURABLE } from '../storage/port.ts';
import type { DBTransaction } from '../transactions/transaction.ts';
import type { DatabaseCore } from './database-core.ts';

/** So often a transaction is run again when others changed what it read. */
const MAX_TRANSACTION_ATTEMPTS = 100;

interface Run<T> {
  readonly core: DatabaseCore;
  readonly session: Session | undefined;
  readonly skipRules: boolean;
  readonly callback: (tx: DBTransaction) => T | Promise<T>;
}

/** Resolves when the commit is durable, and rejects with the callback's own error when it was rolled back. */
export function runTransaction<T>(
  core: DatabaseCore,
  session: Session | undefined,
  skipRules: boolean,
  callback: (tx: DBTransaction) => T | Promise<T>,
): Promise<T> {
  const run: Run<T> = { core, session, skipRules, callback };
  return core.ready === undefined ? attempt(run, 1) : core.ready.then(() => attempt(run, 1));
}

/** Single writes end at once: there is nothing to wait for, and no function that could wait has to be set up. */
function attempt<T>(run: Run<T>, count: number): Promise<T> {
  const { core, session, skipRules, callback } = run;
  const tx = core.transaction(session, skipRules);
  try {
    if (typeof callback !== 'function') {
      throw new InvalidOperationError(
        `transact needs a function that is given the transaction, but got ${describeValue(callback)}.`,
      );
    }
    const returned = callback(tx);
    return isPromise(returned) ? commitWhenReturned(run, count, tx, returned) : commit(run, tx, returned);
  } catch (error) {
    return failed(run, count, tx, error);
  }
}

async function commitWhenReturned<T>(
  run: Run<T>,
  count: number,
  tx: DBTransaction,
  returned: PromiseLike<T>,
): Promise<T> {
  try {
    return commit(run, tx, await returned);
  } catch (error) {
    return failed(run, count, tx, error);
  }
}

/** Throws when nothing was committed. Rejects when it was, but is not durable, or one who was told of it failed. */
function commit<T>(run: Run<T>, tx: DBTransaction, result: T): Promise<T> {
  const { core, session } = run;
  tx.assertConsistent();
  tx.finish('committed');
  const committed = core.commit(tx.changes, session, run);
  const failure = core.commitListeners.tell(committed);
  const { durable } = committed;
  return durable === DURABLE && failure === undefined
    ? Promise.resolve(result)
    : durable.then(() => {
        if (failure !== undefined) throw failure.error;
        return result;
      });
}

async function failed<T>(run: Run<T>, count: number, tx: DBTransaction, error: unknown): Promise<T> {
  tx.finish('cancelled');
  if (!tx.inConflict) throw error;
  if (count < MAX_TRANSACTION_ATTEMPTS) return attempt(run, count + 1);
  throw new TransactionConflictError(
    `Others changed it during each of ${count} attempts. Let the callback read less or finish sooner, and write through its own transaction only.`,
  );
}
