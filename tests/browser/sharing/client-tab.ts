/** What a story does in a tab whose page has opened a client, whoever drives the browser. */
import { expect } from 'vitest';

const timeout = 15_000;

export abstract class ClientTab {
  /** Runs in the page, where `page.client` is the client. The result is JSON. */
  abstract run<T>(code: string): Promise<T>;

  /** Resolves when the write is durable. */
  insert(id: string, text = id): Promise<void> {
    return this.run(`await page.client.insert('notes', ${JSON.stringify({ id, text })})`);
  }

  async shows(...texts: string[]): Promise<void> {
    await expect.poll(() => this.run('return page.texts'), { timeout }).toEqual(texts);
  }

  async hasSent(): Promise<void> {
    await expect.poll(() => this.run('return (await page.client.pendingChanges()).length'), { timeout }).toBe(0);
  }
}
