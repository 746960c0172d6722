import { describe, expect, it } from 'vitest';
import { SendChain } from './send-chain.ts';

function gate() {
  let open = () => {};
  let refuse: (error: unknown) => void = () => {};
  const promise = new Promise<void>((resolve, reject) => {
    open = resolve;
    refuse = reject;
  });
  return { promise, open, refuse };
}

describe('SendChain', () => {
  it('sends at once what nothing holds back', () => {
    const sent: string[] = [];
    new SendChain().push({ send: () => void sent.push('a') });
    expect(sent).toEqual(['a']);
  });

  it('holds back everything behind a message that waits', async () => {
    const sent: string[] = [];
    const chain = new SendChain();
    const durable = gate();
    chain.push({ send: () => void sent.push('ack') }, durable.promise);
    chain.push({ send: () => void sent.push('pong') });
    expect(sent).toEqual([]);
    durable.open();
    await chain.whenEmpty();
    expect(sent).toEqual(['ack', 'pong']);
  });

  it('keeps the order when a later condition is met first', async () => {
    const sent: string[] = [];
    const chain = new SendChain();
    const [first, second] = [gate(), gate()];
    chain.push({ send: () => void sent.push('first') }, first.promise);
    chain.push({ send: () => void sent.push('second') }, second.promise);
    second.open();
    await Promise.resolve();
    expect(sent).toEqual([]);
    first.open();
    await chain.whenEmpty();
    expect(sent).toEqual(['first', 'second']);
  });

  it('reports a failed condition in place of the message', async () => {
    const log: unknown[] = [];
    const chain = new SendChain();
    const durable = gate();
    chain.push({ send: () => void log.push('sent'), fail: (error) => void log.push(error) }, durable.promise);
    chain.push({ send: () => void log.push('next') });
    durable.refuse('disk full');
    await chain.whenEmpty();
    expect(log).toEqual(['disk full', 'next']);
  });

  it('sends nothing after it was closed', async () => {
    const sent: string[] = [];
    const chain = new SendChain();
    const durable = gate();
    chain.push({ send: () => void sent.push('ack') }, durable.promise);
    chain.close();
    durable.open();
    await chain.whenEmpty();
    chain.push({ send: () => void sent.push('late') });
    expect(sent).toEqual([]);
  });
});
