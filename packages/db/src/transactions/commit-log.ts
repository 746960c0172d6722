/**
 * The commits of the recent past, kept only while transactions that have read something are open, so that each can see
 * whether others changed what it read. A transaction that never ends costs memory up to a limit, and nothing else.
 */
import type { RowChange } from '../changes/types.ts';
import type { ReadSet } from './read-set.ts';

/** Row changes kept at most; a transaction that began before the oldest of them counts as in conflict. */
const MAX_LOGGED_CHANGES = 20_000;

/** An open transaction, as far as it has looked at the log. */
export interface LogReader {
  /** The number of commits that it has taken into account. */
  position: number;
}

export class CommitLog {
  readonly #readers = new Set<LogReader>();
  #commits: (readonly RowChange[])[] = [];
  /** The number of commits before the first that is kept. */
  #start = 0;
  #size = 0;

  open(): LogReader {
    const reader: LogReader = { position: this.#end };
    this.#readers.add(reader);
    return reader;
  }

  close(reader: LogReader): void {
    this.#readers.delete(reader);
    if (this.#readers.size === 0) this.#drop(this.#commits.length);
  }

  append(changes: readonly RowChange[]): void {
    if (this.#readers.size === 0 || changes.length === 0) return;
    this.#commits.push(changes);
    this.#size += changes.length;
    if (this.#size <= MAX_LOGGED_CHANGES) return;
    // Half of it goes at once, so that this is rare.
    let dropped = 0;
    for (let kept = this.#size; kept > MAX_LOGGED_CHANGES / 2; dropped++) kept -= this.#commits[dropped]!.length;
    this.#drop(dropped);
  }

  /** Everything may have changed: all open readers are in conflict. */
  invalidate(): void {
    this.#drop(this.#commits.length);
    this.#start += 1;
  }

  /** Whether a commit that the reader has not seen concerns what was read. If not, it counts as seen. */
  hasConflict(reader: LogReader, reads: ReadSet): boolean {
    if (reader.position < this.#start) return true;
    for (let index = reader.position - this.#start; index < this.#commits.length; index++) {
      for (const change of this.#commits[index]!) if (reads.isAffectedBy(change)) return true;
    }
    reader.position = this.#end;
    return false;
  }

  get #end(): number {
    return this.#start + this.#commits.length;
  }

  #drop(count: number): void {
    for (const changes of this.#commits.splice(0, count)) this.#size -= changes.length;
    this.#start += count;
  }
}
