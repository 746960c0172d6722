/**
 * Which transactions of one principal were applied, so that one that arrives again is not applied again. The record of a
 * transaction is written with its changes, in one step, and outlives restarts; it goes some time after the client has said
 * that it will not send the transaction again, and otherwise at the end of the retention.
 */
import { listMetadata, platform, readMetadata, writeMetadata } from '@triplit/db';
import type { DB, MetadataEntry, Timestamp } from '@triplit/db';
import type { TokenFacts } from '../token-facts.ts';

/** A client that was away for longer may have its unanswered transactions applied again. */
const APPLIED_RETENTION_MS = 30 * 24 * 60 * 60_000;
/** Copies of a settled transaction may still be on their way, in a socket that was given up or in another tab. */
const SETTLED_RETENTION_MS = 60 * 60_000;
/** Each new record lets so many expired ones go, so that they cannot pile up. */
const SWEPT_PER_RECORD = 2;

interface AppliedRecord {
  readonly principal: string;
  readonly id: string;
  readonly timestamp: Timestamp;
  readonly expiresAtMs: number;
}

const RECORDS = 'applied';
/** The same records in the order in which they expire. */
const EXPIRIES = 'applied-until';
const MILLISECONDS_WIDTH = 15;

export class AppliedTransactions {
  readonly #db: DB;
  readonly #principal: string;

  /** Those who share a token that names nobody share their records: ids are not to be guessed. */
  constructor(db: DB, { principal, isIdentified }: TokenFacts) {
    this.#db = db;
    this.#principal = isIdentified ? principal : '';
  }

  /** When the transaction was applied; undefined when it was not, or when that is forgotten. */
  timestampOf(id: string): Timestamp | undefined {
    return this.#record(id)?.timestamp;
  }

  /** What to write together with the changes of transactions. */
  entriesOf(ids: readonly string[], timestamp: Timestamp): MetadataEntry[] {
    const expiresAtMs = platform.now() + APPLIED_RETENTION_MS;
    return ids.flatMap((id) => filed({ principal: this.#principal, id, timestamp, expiresAtMs }));
  }

  /** The client will not send these again. Settles when that is durable. */
  settle(ids: readonly string[]): Promise<void> {
    const expiresAtMs = platform.now() + SETTLED_RETENTION_MS;
    const entries = ids.flatMap((id) => {
      const record = this.#record(id);
      if (record === undefined || record.expiresAtMs <= expiresAtMs) return [];
      const earlier: MetadataEntry = [expiryKey(record), undefined];
      return [earlier, ...filed({ ...record, expiresAtMs })];
    });
    return writeMetadata(this.#db.kv, entries);
  }

  #record(id: string): AppliedRecord | undefined {
    return readMetadata(this.#db.kv, recordKey(this.#principal, id)) as AppliedRecord | undefined;
  }
}

/** Removes expired records, of whomever: some more than were added. Settles when that is durable. */
export function sweepApplied(db: DB, added: number): Promise<void> {
  const most = SWEPT_PER_RECORD * Math.max(1, added);
  const expired = listMetadata(db.kv, [EXPIRIES], most, paddedMs(platform.now())) as AppliedRecord[];
  return writeMetadata(
    db.kv,
    expired.flatMap((record): MetadataEntry[] => [
      [recordKey(record.principal, record.id), undefined],
      [expiryKey(record), undefined],
    ]),
  );
}

function filed(record: AppliedRecord): MetadataEntry[] {
  return [
    [recordKey(record.principal, record.id), record],
    [expiryKey(record), record],
  ];
}

const recordKey = (principal: string, id: string): string[] => [RECORDS, principal, id];

const expiryKey = ({ expiresAtMs, principal, id }: AppliedRecord): string[] => [
  EXPIRIES,
  paddedMs(expiresAtMs),
  principal,
  id,
];

const paddedMs = (ms: number): string => String(Math.floor(ms)).padStart(MILLISECONDS_WIDTH, '0');
