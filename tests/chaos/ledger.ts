/** What clients said they were about to write and had written, and what must therefore be true in the end. */
export interface Row {
  readonly id: string;
  readonly owner: string;
  readonly count: number;
  readonly tags: readonly string[];
}
export interface Write {
  readonly insert?: readonly string[];
  readonly count?: readonly [id: string, value: number];
  readonly tag?: readonly [id: string, tag: string];
  readonly delete?: readonly [id: string];
}

export class Ledger {
  readonly #inserted = new Set<string>();
  readonly #mayBeDeleted = new Set<string>();
  readonly #deleted = new Set<string>();
  readonly #counts = new Map<string, number>();
  readonly #tags = new Map<string, string>();
  readonly #begunTags = new Set<string>();
  writes = 0;

  begun(write: Write): void {
    if (write.delete) this.#mayBeDeleted.add(write.delete[0]);
    if (write.tag) this.#begunTags.add(write.tag[1]);
  }

  /** Durable where it was written, so never lost from now on. */
  done(write: Write): void {
    this.writes += 1;
    for (const id of write.insert ?? []) this.#inserted.add(id);
    if (write.delete) this.#deleted.add(write.delete[0]);
    if (write.count) this.#counts.set(...write.count);
    if (write.tag) this.#tags.set(write.tag[1], write.tag[0]);
  }

  problems(rows: readonly Row[]): string[] {
    const byId = new Map(rows.map((row) => [row.id, row]));
    const found: string[] = [];
    if (byId.size !== rows.length) found.push(`${rows.length - byId.size} rows are there twice`);
    for (const id of this.#inserted)
      if (!byId.has(id) && !this.#mayBeDeleted.has(id)) found.push(`the insert of ${id} is lost`);
    for (const id of this.#deleted) if (byId.has(id)) found.push(`${id} was deleted and is back`);
    // A client writes the counts of its own rows, one after the other; its last write may not have been reported.
    for (const [id, count] of this.#counts)
      if (byId.has(id) && byId.get(id)!.count < count) found.push(`the count ${count} of ${id} is lost`);
    for (const [tag, id] of this.#tags)
      if (byId.has(id) && !byId.get(id)!.tags.includes(tag)) found.push(`the tag ${tag} of ${id} is lost`);
    for (const { id, tags } of rows)
      for (const tag of tags) if (!this.#begunTags.has(tag)) found.push(`nobody gave ${id} the tag ${tag}`);
    for (const id of byId.keys()) {
      if (id.endsWith('-a') && !byId.has(`${id.slice(0, -1)}b`)) found.push(`${id} is half of a transaction`);
      if (id.endsWith('-b') && !byId.has(`${id.slice(0, -1)}a`)) found.push(`${id} is half of a transaction`);
    }
    return found;
  }
}
