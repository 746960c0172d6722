/**
 * How entries lie in the object store. IndexedDB takes its time per record, not per byte, so that one record holds many
 * entries, as JSON text: a snapshot of blocks in key order, and after it a journal of edits, one or more records per
 * commit under ascending numbers. Invariant: the snapshot with the journal applied in order is the content. Compaction
 * writes a new snapshot and removes what of the journal it contains, in one transaction, unless another tab has written.
 */
import { lostNumbers, withNumbers } from '../json-text.ts';
import type { LostNumbers } from '../json-text.ts';
import type { StorageEntry, StorageKey } from '../port.ts';
import { idbGlobals, inTransaction, settled } from './idb-transaction.ts';
import type { IdbDatabase, IdbKeyRange, IdbObjectStore } from './idb.ts';

/** A record is closed when its text has this many characters. */
const RECORD_CHARACTERS = 100_000;
/** Records that are asked for at once while loading. */
const DEFAULT_BATCH_SIZE = 100;
/** The journal is worth compacting beyond so many characters plus half of the snapshot… */
const SMALL_JOURNAL_CHARACTERS = 1_000_000;
/** …or so many records, plus twice those of the snapshot. */
const SMALL_JOURNAL_RECORDS = 1000;

export class Journal {
  readonly #db: IdbDatabase;
  readonly #batchSize: number;
  /** Which snapshot the content in memory builds on; every compaction makes the next. */
  #generation = 0;
  #snapshot: Extent = { records: 0, characters: 0 };
  #journal: Extent = { records: 0, characters: 0 };
  /** The numbers of the journal's records that are in memory. */
  #known = new Set<number>();

  constructor(db: IdbDatabase, batchSize: number = DEFAULT_BATCH_SIZE) {
    this.#db = db;
    this.#batchSize = Math.max(1, batchSize);
  }

  /** Hands over every entry of the snapshot, then every edit of the journal in order. */
  async load(put: (key: StorageKey, value: unknown) => void): Promise<void> {
    const { blockKeys, numbers, blocks, records } = await inTransaction(this.#db, 'readonly', async (store) => {
      const present = await presentRecords(store);
      const [blockTexts, recordTexts] = await Promise.all([
        this.#texts(store, present.blockKeys),
        this.#texts(store, present.numbers),
      ]);
      return { ...present, blocks: blockTexts, records: recordTexts };
    });
    for (const text of [...blocks, ...records]) {
      const edits = JSON.parse(text) as [key: StorageKey, value?: unknown, numbers?: LostNumbers][];
      // Before this is compiled, taking arrays apart would cost more than all the rest.
      for (const edit of edits) put(edit[0], edit[2] === undefined ? edit[1] : withNumbers(edit[1], edit[2]));
    }
    this.#generation = generationOf(blockKeys);
    this.#snapshot = extentOf(blocks);
    this.#journal = extentOf(records);
    this.#known = new Set(numbers);
  }

  /** Adds edits, each given as the text of `encodeEdit`, in one transaction. */
  async append(edits: Iterable<string>): Promise<void> {
    const records = joined(edits);
    const first = await inTransaction(this.#db, 'readwrite', async (store) => {
      // Asked anew each time, so that tabs which write into one database do not take each other's numbers.
      const cursor = await settled(store.openKeyCursor(keyRanges().journal, 'prev'));
      const next = cursor === null ? 1 : (cursor.key as number) + 1;
      for (const [index, record] of records.entries()) store.put(record, next + index);
      return next;
    });
    for (const index of records.keys()) this.#known.add(first + index);
    this.#journal = sumOf(this.#journal, extentOf(records));
  }

  get isWorthCompacting(): boolean {
    return (
      this.#journal.characters > SMALL_JOURNAL_CHARACTERS + this.#snapshot.characters / 2 ||
      this.#journal.records > SMALL_JOURNAL_RECORDS + this.#snapshot.records * 2
    );
  }

  /**
   * Writes a new snapshot. `content` may be read over several turns while edits are appended: those stay in the journal,
   * and setting a key again to what the snapshot has already does no harm. Whatever it may contain must have been
   * appended when it ends. Returns false, and changes nothing, when another tab wrote meanwhile or before.
   */
  async compact(content: AsyncIterable<StorageEntry>): Promise<boolean> {
    const contained = this.#journal;
    let lastContained = 0;
    for (const number of this.#known) lastContained = Math.max(lastContained, number);
    const texts: string[] = [];
    for await (const [key, value] of content) texts.push(encodeEdit(key, value));
    const blocks = joined(texts);
    const generation = this.#generation + 1;

    const isAlone = await inTransaction(this.#db, 'readwrite', async (store) => {
      const { blockKeys, numbers } = await presentRecords(store);
      if (generationOf(blockKeys) !== this.#generation || !numbers.every((number) => this.#known.has(number)))
        return false;
      const ranges = keyRanges();
      store.delete(ranges.snapshot);
      store.delete(ranges.journalUpTo(lastContained));
      for (const [index, block] of blocks.entries()) store.put(block, blockKey(generation, index));
      return true;
    });
    if (!isAlone) return false;
    this.#generation = generation;
    this.#snapshot = extentOf(blocks);
    this.#journal = sumOf(this.#journal, contained, -1);
    for (const number of this.#known) if (number <= lastContained) this.#known.delete(number);
    return true;
  }

  async #texts(store: IdbObjectStore, keys: readonly unknown[]): Promise<string[]> {
    const batches: Promise<unknown[]>[] = [];
    for (let start = 0; start < keys.length; start += this.#batchSize) {
      const last = Math.min(start + this.#batchSize, keys.length) - 1;
      batches.push(settled(store.getAll(idbGlobals().keyRanges.bound(keys[start], keys[last]))));
    }
    return (await Promise.all(batches)).flat() as string[];
  }
}

interface Extent {
  readonly records: number;
  readonly characters: number;
}

function extentOf(texts: readonly string[]): Extent {
  return { records: texts.length, characters: texts.reduce((sum, text) => sum + text.length, 0) };
}

function sumOf(a: Extent, b: Extent, sign: 1 | -1 = 1): Extent {
  return { records: a.records + sign * b.records, characters: a.characters + sign * b.characters };
}

/**
 * One edit as text: `[key, value]`, or `[key]` when it removes the key. Numbers that JSON lacks follow as a third element.
 */
export function encodeEdit(key: StorageKey, value: unknown): string {
  if (value === undefined) return JSON.stringify([key]);
  const text = JSON.stringify([key, value]);
  const numbers = lostNumbers(value, text);
  return numbers === undefined ? text : JSON.stringify([key, value, numbers]);
}

/** Edits gathered into records. */
function joined(edits: Iterable<string>): string[] {
  const records: string[] = [];
  let gathered: string[] = [];
  let characters = 0;
  for (const edit of edits) {
    gathered.push(edit);
    characters += edit.length;
    if (characters < RECORD_CHARACTERS) continue;
    records.push(`[${gathered.join()}]`);
    gathered = [];
    characters = 0;
  }
  if (gathered.length > 0) records.push(`[${gathered.join()}]`);
  return records;
}

const SNAPSHOT_PREFIX = 'snapshot/';

function blockKey(generation: number, index: number): string {
  return `${SNAPSHOT_PREFIX}${String(generation).padStart(12, '0')}/${String(index).padStart(12, '0')}`;
}

function generationOf(blockKeys: readonly string[]): number {
  return blockKeys.length === 0 ? 0 : Number(blockKeys[0]!.slice(SNAPSHOT_PREFIX.length).split('/')[0]);
}

async function presentRecords(
  store: IdbObjectStore,
): Promise<{ readonly blockKeys: string[]; readonly numbers: number[] }> {
  const ranges = keyRanges();
  const [blockKeys, numbers] = await Promise.all([
    settled(store.getAllKeys(ranges.snapshot)),
    settled(store.getAllKeys(ranges.journal)),
  ]);
  return { blockKeys: blockKeys as string[], numbers: numbers as number[] };
}

function keyRanges(): {
  readonly snapshot: IdbKeyRange;
  readonly journal: IdbKeyRange;
  journalUpTo(last: number): IdbKeyRange;
} {
  const { keyRanges: ranges } = idbGlobals();
  return {
    snapshot: ranges.bound(SNAPSHOT_PREFIX, `${SNAPSHOT_PREFIX}\uffff`),
    journal: ranges.bound(0, Infinity),
    journalUpTo: (last) => ranges.bound(0, last),
  };
}
