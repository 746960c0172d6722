import type { CloseReason } from '@triplit/db/sync';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { INITIAL_STATE, next, statusOf } from './connection-state.ts';
import type { ConnectionEffect, ConnectionEvent, ConnectionState } from './connection-state.ts';

const manual: CloseReason = { type: 'MANUAL_DISCONNECT', retry: false };
const offline: CloseReason = { type: 'NETWORK_OFFLINE', retry: true };
const refusal: CloseReason = { type: 'UNAUTHORIZED', retry: false, message: 'No secret' };
const retryable: CloseReason = { type: 'INTERNAL_ERROR', retry: true };

const states = {
  uninitialized: { name: 'uninitialized' },
  connecting: { name: 'connecting', attempt: 2 },
  open: { name: 'open', attempt: 2 },
  ready: { name: 'ready' },
  closing: { name: 'closing', reason: refusal, attempt: 2 },
  waiting: { name: 'waiting', attempt: 2 },
  closed: { name: 'closed' },
} satisfies Record<ConnectionState['name'], ConnectionState>;

const events = {
  connect: { type: 'connect' },
  disconnect: { type: 'disconnect' },
  reset: { type: 'reset' },
  opened: { type: 'opened' },
  ready: { type: 'ready' },
  refused: { type: 'refused', reason: refusal },
  closed: { type: 'closed' },
  impossible: { type: 'impossible' },
  retryDue: { type: 'retryDue' },
  hurry: { type: 'hurry' },
  offline: { type: 'offline' },
  silent: { type: 'silent' },
} satisfies Record<ConnectionEvent['type'], ConnectionEvent>;

type StateName = keyof typeof states;
type EventType = keyof typeof events;

/** `state` [attempt] · effects. An absent cell stays as it is, without effects. */
const expected: Record<StateName, Partial<Record<EventType, string>>> = {
  uninitialized: { connect: 'connecting 0 · openSocket' },
  connecting: {
    disconnect: 'closing 0 · lost, closeSocket MANUAL_DISCONNECT',
    reset: 'uninitialized · lost, closeSocket MANUAL_DISCONNECT',
    opened: 'open 2 ·',
    refused: 'closing 2 · lost, closeSocket UNAUTHORIZED',
    closed: 'waiting 2 · lost, startRetryTimer 2',
    impossible: 'closed · lost',
    offline: 'waiting 2 · lost, closeSocket NETWORK_OFFLINE, startRetryTimer 2',
  },
  open: {
    disconnect: 'closing 0 · lost, closeSocket MANUAL_DISCONNECT',
    reset: 'uninitialized · lost, closeSocket MANUAL_DISCONNECT',
    ready: 'ready · becameReady',
    refused: 'closing 2 · lost, closeSocket UNAUTHORIZED',
    closed: 'waiting 2 · lost, startRetryTimer 2',
    impossible: 'closing 0 · lost, closeSocket MANUAL_DISCONNECT',
    offline: 'waiting 2 · lost, closeSocket NETWORK_OFFLINE, startRetryTimer 2',
    silent: 'waiting 2 · lost, closeSocket NETWORK_OFFLINE, startRetryTimer 2',
  },
  ready: {
    disconnect: 'closing 0 · lost, closeSocket MANUAL_DISCONNECT',
    reset: 'uninitialized · lost, closeSocket MANUAL_DISCONNECT',
    refused: 'closing 0 · lost, closeSocket UNAUTHORIZED',
    closed: 'waiting 0 · lost, startRetryTimer 0',
    impossible: 'closing 0 · lost, closeSocket MANUAL_DISCONNECT',
    hurry: 'ready · probe',
    offline: 'waiting 0 · lost, closeSocket NETWORK_OFFLINE, startRetryTimer 0',
    silent: 'waiting 0 · lost, closeSocket NETWORK_OFFLINE, startRetryTimer 0',
  },
  closing: {
    connect: 'connecting 0 · openSocket',
    disconnect: 'closing 2 ·',
    reset: 'uninitialized ·',
    opened: 'closing 2 · closeSocket UNAUTHORIZED',
    refused: 'closing 2 ·',
    closed: 'closed · lost, reportRefusal UNAUTHORIZED',
    impossible: 'closed · lost, reportRefusal UNAUTHORIZED',
  },
  waiting: {
    connect: 'connecting 0 · stopRetryTimer, openSocket',
    disconnect: 'closed · stopRetryTimer',
    reset: 'uninitialized · stopRetryTimer',
    impossible: 'closed · stopRetryTimer',
    retryDue: 'connecting 3 · openSocket',
    hurry: 'connecting 3 · stopRetryTimer, openSocket',
  },
  closed: { connect: 'connecting 0 · openSocket', reset: 'uninitialized ·' },
};

describe('every cell of the transition table', () => {
  for (const stateName of Object.keys(states) as StateName[]) {
    for (const eventType of Object.keys(events) as EventType[]) {
      const state: ConnectionState = states[stateName];
      const expectation = expected[stateName][eventType] ?? `${describeState(state)} ·`;
      test(`${stateName} + ${eventType} → ${expectation}`, () => {
        expect(describeTransition(state, events[eventType])).toBe(expectation);
      });
    }
  }
});

describe('why a socket closed decides what follows', () => {
  test.each([
    ['no reason: the network was lost', undefined, 'waiting 0 · lost, startRetryTimer 0'],
    [
      'a reason that allows another attempt',
      retryable,
      'waiting 0 · lost, startRetryTimer 0, reportRefusal INTERNAL_ERROR',
    ],
    ['a final reason', refusal, 'closed · lost, reportRefusal UNAUTHORIZED'],
    ['our own disconnect', manual, 'closed · lost'],
    ['the network went offline', offline, 'waiting 0 · lost, startRetryTimer 0'],
  ])('%s', (_title, reason, expectation) => {
    expect(describeTransition(states.ready, { type: 'closed', reason })).toBe(expectation);
  });

  test('a disconnect while the server is refusing us is still a disconnect', () => {
    const { state } = next(states.closing, events.disconnect);
    expect(describeTransition(state, events.closed)).toBe('closed · lost');
  });

  test('a refusal while we are disconnecting does not take the disconnect back', () => {
    const disconnecting = next(states.ready, events.disconnect).state;
    const { state } = next(disconnecting, { type: 'refused', reason: retryable });
    expect(describeTransition(state, events.closed)).toBe('closed · lost');
  });
});

describe('in any history of events', () => {
  const reason = fc.constantFrom(undefined, manual, refusal, retryable, offline);
  const event: fc.Arbitrary<ConnectionEvent> = fc.oneof(
    fc.constantFrom(...Object.values<ConnectionEvent>(events)),
    reason.map((why): ConnectionEvent => ({ type: 'closed', reason: why })),
    fc.constantFrom(refusal, retryable).map((why): ConnectionEvent => ({ type: 'refused', reason: why })),
  );

  test('a retry timer runs exactly while the connection waits', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (history) => {
        let state: ConnectionState = INITIAL_STATE;
        let running = false;
        for (const each of history) {
          // The timer itself ends when it is due.
          if (each.type === 'retryDue') {
            if (!running) continue;
            running = false;
          }
          const transition = next(state, each);
          for (const effect of transition.effects) {
            if (effect.type === 'startRetryTimer') running = true;
            if (effect.type === 'stopRetryTimer') running = false;
          }
          state = transition.state;
          expect(running).toBe(state.name === 'waiting');
        }
      }),
    );
  });

  test('whoever was told that messages may be sent is told when they are lost', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (history) => {
        let state: ConnectionState = INITIAL_STATE;
        let maySend = false;
        for (const each of history) {
          const transition = next(state, each);
          for (const effect of transition.effects) {
            if (effect.type === 'becameReady') maySend = true;
            if (effect.type === 'lost') maySend = false;
          }
          state = transition.state;
          expect(maySend).toBe(state.name === 'ready');
        }
      }),
    );
  });

  test('after a disconnect nothing opens a socket until somebody connects again', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), fc.array(event, { maxLength: 20 }), (before, after) => {
        let state: ConnectionState = INITIAL_STATE;
        for (const each of before) state = next(state, each).state;
        state = next(state, events.disconnect).state;
        for (const each of after.filter(({ type }) => type !== 'connect')) {
          const transition = next(state, each);
          expect(transition.effects.map(({ type }) => type)).not.toContain('openSocket');
          state = transition.state;
        }
      }),
    );
  });

  test('a session that was reset is uninitialized', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), (history) => {
        let state: ConnectionState = INITIAL_STATE;
        for (const each of history) state = next(state, each).state;
        expect(statusOf(next(state, events.reset).state)).toBe('UNINITIALIZED');
      }),
    );
  });
});

test('each state has its status', () => {
  expect(Object.values<ConnectionState>(states).map(statusOf)).toEqual([
    'UNINITIALIZED',
    'CONNECTING',
    'OPEN',
    'OPEN',
    'CLOSING',
    'CLOSED',
    'CLOSED',
  ]);
});

function describeTransition(from: ConnectionState, event: ConnectionEvent): string {
  const { state, effects } = next(from, event);
  return `${describeState(state)} · ${effects.map(describeEffect).join(', ')}`.trim();
}

function describeState(state: ConnectionState): string {
  return 'attempt' in state ? `${state.name} ${state.attempt}` : state.name;
}

function describeEffect(effect: ConnectionEffect): string {
  switch (effect.type) {
    case 'closeSocket':
    case 'reportRefusal':
      return `${effect.type} ${effect.reason.type}`;
    case 'startRetryTimer':
      return `${effect.type} ${effect.attempt}`;
    default:
      return effect.type;
  }
}
