/**
 * As much of vitest as the conformance suites use, for runtimes where vitest does not run: bundled in its place, it
 * collects the tests and runs them one after another.
 */
import { JestAsymmetricMatchers, JestChaiExpect, JestExtend, setState, getState, GLOBAL_EXPECT } from '@vitest/expect';
import * as chai from 'chai';

export interface TestResult {
  readonly name: string;
  /** The text of the error; undefined when the test passed. */
  readonly error: string | undefined;
}

type Body = (...values: any[]) => unknown;
interface CollectedTest {
  readonly name: string;
  readonly body: () => unknown;
  readonly cleanups: readonly (() => unknown)[];
}

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);
export const expect = ((value: unknown, message?: string) => chai.expect(value, message)) as unknown as {
  (value: unknown, message?: string): any;
};
Object.assign(expect, (chai.expect as unknown as { extend?: object }) ?? {});
Object.defineProperty(globalThis, GLOBAL_EXPECT, { value: expect, configurable: true, writable: true });
setState({ ...getState(expect as never), assertionCalls: 0 }, expect as never);

const collected: CollectedTest[] = [];
let path: readonly string[] = [];
let cleanups: readonly (() => unknown)[] = [];

export function describe(name: string, body: () => void): void {
  const outer = { path, cleanups };
  path = [...path, name];
  body();
  ({ path, cleanups } = outer);
}

/** Applies to the tests that are declared from here on, to the end of the group. */
export function afterEach(cleanup: () => unknown): void {
  cleanups = [...cleanups, cleanup];
}

export function test(name: string, ...rest: unknown[]): void {
  const body = rest.find((part) => typeof part === 'function') as Body;
  collected.push({ name: [...path, name].join(' > '), body: () => body(), cleanups });
}

test.each =
  (cases: readonly unknown[]) =>
  (name: string, ...rest: unknown[]): void => {
    const body = rest.find((part) => typeof part === 'function') as Body;
    for (const values of cases) {
      const list = Array.isArray(values) ? (values as unknown[]) : [values];
      test(format(name, list), () => body(...list));
    }
  };

function format(name: string, values: readonly unknown[]): string {
  let index = 0;
  return name.replaceAll(/%[sj]/g, (mark) => {
    const value = values[index++];
    return mark === '%s' ? String(value) : JSON.stringify(value);
  });
}

/** Runs everything that was declared. */
export async function runTests(): Promise<TestResult[]> {
  const results: TestResult[] = [];
  for (const { name, body, cleanups: after } of collected) {
    let error: string | undefined;
    try {
      await body();
    } catch (thrown) {
      error = describeError(thrown);
    }
    for (const cleanup of after) {
      try {
        await cleanup();
      } catch (thrown) {
        error ??= describeError(thrown);
      }
    }
    results.push({ name, error });
  }
  return results;
}

const describeError = (thrown: unknown): string =>
  thrown instanceof Error ? `${thrown.message}\n${thrown.stack ?? ''}` : String(thrown);
