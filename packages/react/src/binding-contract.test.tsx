/** The contract of all bindings, for the hooks, with and without StrictMode. React renders into a stand-in for a page. */
import { createElement, Fragment, StrictMode, useLayoutEffect } from 'react';
import type { ReactNode } from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import { describeBindingContract } from '../../client/src/testing/binding-contract.ts';
import type { BindingHarness, Mount } from '../../client/src/testing/binding-harness.ts';
import { useConnectionStatus, useEntity, useInfiniteQuery, usePaginatedQuery, useQuery, useQueryOne } from './index.ts';

type Wrapper = (props: { children?: ReactNode }) => ReactNode;

/** As much of a page as React touches for components that render nothing. */
function standInForElement(): Element {
  const nothing = (): void => undefined;
  const listens = { addEventListener: nothing, removeEventListener: nothing };
  Object.assign(globalThis, { window: globalThis, HTMLIFrameElement: class {} });
  const ownerDocument = { ...listens, nodeType: 9, activeElement: null };
  return { ...listens, nodeType: 1, tagName: 'DIV', textContent: '', ownerDocument } as unknown as Element;
}

function harness(wrapper: Wrapper): BindingHarness {
  function mounting<State, Arguments extends readonly unknown[]>(
    useHook: (...args: Arguments) => State,
  ): Mount<State, Arguments> {
    return (...first) => {
      const states: State[] = [];
      function Probe({ args }: { args: Arguments }): null {
        const state = useHook(...args);
        // What was committed, not what was merely rendered.
        useLayoutEffect(() => {
          if (states.length === 0 || !isShallowEqual(states.at(-1), state)) states.push(state);
        });
        return null;
      }
      const root = createRoot(standInForElement());
      const update = (...args: Arguments): void =>
        flushSync(() => root.render(createElement(wrapper, null, createElement(Probe, { args }))));
      update(...first);
      return { states, update, unmount: () => flushSync(() => root.unmount()) };
    };
  }
  return {
    query: mounting(useQuery),
    queryOne: mounting(useQueryOne),
    entity: mounting(useEntity),
    paginated: mounting(usePaginatedQuery),
    infinite: mounting(useInfiniteQuery),
    connectionStatus: mounting(useConnectionStatus),
  } as BindingHarness;
}

function isShallowEqual(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b);
  return Object.keys({ ...a, ...b }).every((key) => Object.is((a as never)[key], (b as never)[key]));
}

describeBindingContract('@triplit/react', harness(Fragment as unknown as Wrapper));
describeBindingContract('@triplit/react in StrictMode', harness(StrictMode as unknown as Wrapper));
