import { describe, expect, it } from 'vitest';
import { Inbox } from './inbox.ts';

describe('Inbox', () => {
  it('runs a task at once when nothing is before it', () => {
    const inbox = new Inbox(10);
    let ran = false;
    void inbox.enqueue(() => void (ran = true));
    expect(ran).toBe(true);
  });

  it('runs tasks in the order of arrival, one after another', async () => {
    const inbox = new Inbox(10);
    const log: string[] = [];
    const slow = inbox.enqueue(async () => {
      log.push('slow begins');
      await new Promise((resolve) => setTimeout(resolve, 5));
      log.push('slow ends');
    });
    const quick = inbox.enqueue(() => void log.push('quick'));
    expect(log).toEqual(['slow begins']);
    await Promise.all([slow, quick]);
    expect(log).toEqual(['slow begins', 'slow ends', 'quick']);
  });

  it('runs a task that a running task enqueued after it', async () => {
    const inbox = new Inbox(10);
    const log: string[] = [];
    await inbox.enqueue(() => {
      void inbox.enqueue(() => void log.push('inner'));
      log.push('outer');
    });
    expect(log).toEqual(['outer', 'inner']);
  });

  it('goes on after a task was rejected', async () => {
    const inbox = new Inbox(10);
    await inbox.enqueue(() => Promise.reject(new Error('no')));
    let ran = false;
    await inbox.enqueue(() => void (ran = true));
    expect(ran).toBe(true);
  });

  it('says when it is full', () => {
    const inbox = new Inbox(2);
    void inbox.enqueue(() => new Promise(() => undefined));
    void inbox.enqueue(() => undefined);
    expect(inbox.isFull).toBe(false);
    void inbox.enqueue(() => undefined);
    expect(inbox.isFull).toBe(true);
  });

  it('drops what waits when it is closed, and settles it', async () => {
    const inbox = new Inbox(10);
    let ran = false;
    void inbox.enqueue(() => new Promise(() => undefined));
    const waiting = inbox.enqueue(() => void (ran = true));
    inbox.close();
    await waiting;
    await inbox.enqueue(() => void (ran = true));
    expect(ran).toBe(false);
  });

  it('does not exhaust the stack with many tasks that need no waiting', async () => {
    const inbox = new Inbox(100_000);
    let release = () => {};
    void inbox.enqueue(() => new Promise<void>((resolve) => (release = resolve)));
    let count = 0;
    for (let i = 0; i < 20_000; i++) void inbox.enqueue(() => void (count += 1));
    release();
    await inbox.enqueue(() => undefined);
    expect(count).toBe(20_000);
  });
});
