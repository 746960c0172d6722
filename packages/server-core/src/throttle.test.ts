import { expect, it } from 'vitest';
import { throttle } from './throttle.ts';

it('calls at once, then once more with the newest arguments', async () => {
  const calls: number[] = [];
  const throttled = throttle((value: number) => void calls.push(value), 10);
  throttled(1);
  throttled(2);
  throttled(3);
  expect(calls).toEqual([1]);
  await new Promise((resolve) => setTimeout(resolve, 25));
  expect(calls).toEqual([1, 3]);
});
