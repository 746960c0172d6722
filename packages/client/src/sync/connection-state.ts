/**
 * The life of the sync connection as a pure function: `next(state, event)` gives the next state and the effects to carry
 * out. The table has a cell for every state and event, so that a forgotten case does not compile.
 *
 * ```
 * uninitialized ──connect──► connecting ──opened──► open ──ready──► ready
 *                               │  ▲                  │               │
 *                        closed │  │ retryDue, hurry  └───── closed ──┤ offline, silent
 *                               ▼  │                                  ▼
 *                              waiting ◄──────────── may retry ── (decide) ── final ──► closed ──connect──► connecting
 * any of connecting, open, ready ──disconnect, refused──► closing ──closed──► (decide)
 * any ──reset──► uninitialized
 * ```
 */
import type { CloseReason } from '@triplit/db/sync';

export type ConnectionStatus = 'UNINITIALIZED' | 'CONNECTING' | 'OPEN' | 'CLOSING' | 'CLOSED';

export type ConnectionState =
  /** No connection was asked for in this session. */
  | { readonly name: 'uninitialized' }
  /** `attempt`, everywhere: how often in a row it was tried again without the server saying READY. */
  | { readonly name: 'connecting'; readonly attempt: number }
  /** The socket is open; the server has not said READY yet. */
  | { readonly name: 'open'; readonly attempt: number }
  | { readonly name: 'ready' }
  /** We asked the socket to close, for this reason. */
  | { readonly name: 'closing'; readonly reason: CloseReason; readonly attempt: number }
  /** Closed; another attempt follows by itself. */
  | { readonly name: 'waiting'; readonly attempt: number }
  /** Closed until `connect`. */
  | { readonly name: 'closed' };

export type ConnectionEvent =
  | { readonly type: 'connect' }
  | { readonly type: 'disconnect' }
  /** The session ended or is replaced. */
  | { readonly type: 'reset' }
  | { readonly type: 'opened' }
  | { readonly type: 'ready' }
  /** The server announced that it closes the connection. */
  | { readonly type: 'refused'; readonly reason: CloseReason }
  /** The socket is closed; without a reason the network was lost. */
  | { readonly type: 'closed'; readonly reason?: CloseReason }
  /** No attempt can succeed as things are. */
  | { readonly type: 'impossible' }
  | { readonly type: 'retryDue' }
  /** Something suggests that an attempt would succeed now: the network is back, the page is visible again. */
  | { readonly type: 'hurry' }
  | { readonly type: 'offline' }
  /** The server did not answer a ping in time. */
  | { readonly type: 'silent' };

export type ConnectionEffect =
  | { readonly type: 'openSocket' }
  | { readonly type: 'closeSocket'; readonly reason: CloseReason }
  | { readonly type: 'startRetryTimer'; readonly attempt: number }
  | { readonly type: 'stopRetryTimer' }
  /** Messages may be sent from now on. */
  | { readonly type: 'becameReady' }
  /** Nothing that was sent and is unanswered will be answered. */
  | { readonly type: 'lost' }
  /** Ask for a sign of life. */
  | { readonly type: 'probe' }
  /** The server ended the connection for a reason that the application should hear. */
  | { readonly type: 'reportRefusal'; readonly reason: CloseReason };

export interface Transition {
  readonly state: ConnectionState;
  readonly effects: readonly ConnectionEffect[];
}

type StateName = ConnectionState['name'];
type EventType = ConnectionEvent['type'];
type StateOf<N extends StateName> = Extract<ConnectionState, { name: N }>;
type EventOf<T extends EventType> = Extract<ConnectionEvent, { type: T }>;
type Cell<N extends StateName, T extends EventType> = (state: StateOf<N>, event: EventOf<T>) => Transition;
type TransitionTable = { readonly [N in StateName]: { readonly [T in EventType]: Cell<N, T> } };

const MANUAL: CloseReason = { type: 'MANUAL_DISCONNECT', retry: false };
const OFFLINE: CloseReason = { type: 'NETWORK_OFFLINE', retry: true };

const stay = (state: ConnectionState): Transition => ({ state, effects: [] });
const to = (state: ConnectionState, ...effects: ConnectionEffect[]): Transition => ({ state, effects });

const attemptAt = (attempt: number, ...before: ConnectionEffect[]): Transition =>
  to({ name: 'connecting', attempt }, ...before, { type: 'openSocket' });
const close = (reason: CloseReason, attempt = 0): Transition =>
  to({ name: 'closing', reason, attempt }, { type: 'lost' }, { type: 'closeSocket', reason });
const abandon = (attempt: number): Transition =>
  to(
    { name: 'waiting', attempt },
    { type: 'lost' },
    { type: 'closeSocket', reason: OFFLINE },
    { type: 'startRetryTimer', attempt },
  );
const forget = (...effects: ConnectionEffect[]): Transition => to({ name: 'uninitialized' }, ...effects);

/** What follows a closed socket: another attempt, unless the reason says that it would be in vain. */
function decide(reason: CloseReason | undefined, attempt: number): Transition {
  const report: ConnectionEffect[] =
    reason === undefined || reason.type === 'MANUAL_DISCONNECT' || reason.type === 'NETWORK_OFFLINE'
      ? []
      : [{ type: 'reportRefusal', reason }];
  if (reason === undefined || reason.retry) {
    return to({ name: 'waiting', attempt }, { type: 'lost' }, { type: 'startRetryTimer', attempt }, ...report);
  }
  return to({ name: 'closed' }, { type: 'lost' }, ...report);
}

const table: TransitionTable = {
  uninitialized: {
    connect: () => attemptAt(0),
    disconnect: stay,
    reset: stay,
    opened: stay,
    ready: stay,
    refused: stay,
    closed: stay,
    impossible: stay,
    retryDue: stay,
    hurry: stay,
    offline: stay,
    silent: stay,
  },
  connecting: {
    connect: stay,
    disconnect: () => close(MANUAL),
    reset: () => forget({ type: 'lost' }, { type: 'closeSocket', reason: MANUAL }),
    opened: ({ attempt }) => to({ name: 'open', attempt }),
    ready: stay,
    refused: ({ attempt }, { reason }) => close(reason, attempt),
    closed: ({ attempt }, { reason }) => decide(reason, attempt),
    impossible: () => to({ name: 'closed' }, { type: 'lost' }),
    retryDue: stay,
    hurry: stay,
    offline: ({ attempt }) => abandon(attempt),
    silent: stay,
  },
  open: {
    connect: stay,
    disconnect: () => close(MANUAL),
    reset: () => forget({ type: 'lost' }, { type: 'closeSocket', reason: MANUAL }),
    opened: stay,
    ready: () => to({ name: 'ready' }, { type: 'becameReady' }),
    refused: ({ attempt }, { reason }) => close(reason, attempt),
    closed: ({ attempt }, { reason }) => decide(reason, attempt),
    impossible: () => close(MANUAL),
    retryDue: stay,
    hurry: stay,
    offline: ({ attempt }) => abandon(attempt),
    silent: ({ attempt }) => abandon(attempt),
  },
  ready: {
    connect: stay,
    disconnect: () => close(MANUAL),
    reset: () => forget({ type: 'lost' }, { type: 'closeSocket', reason: MANUAL }),
    opened: stay,
    ready: stay,
    refused: (_state, { reason }) => close(reason),
    closed: (_state, { reason }) => decide(reason, 0),
    impossible: () => close(MANUAL),
    retryDue: stay,
    hurry: (state) => to(state, { type: 'probe' }),
    offline: () => abandon(0),
    silent: () => abandon(0),
  },
  closing: {
    connect: () => attemptAt(0),
    disconnect: (state) => stay({ ...state, reason: MANUAL }),
    reset: () => forget(),
    opened: (state) => to(state, { type: 'closeSocket', reason: state.reason }),
    ready: stay,
    refused: (state, { reason }) => stay(state.reason.type === 'MANUAL_DISCONNECT' ? state : { ...state, reason }),
    closed: (state) => decide(state.reason, state.attempt),
    impossible: (state) => decide(state.reason, state.attempt),
    retryDue: stay,
    hurry: stay,
    offline: stay,
    silent: stay,
  },
  waiting: {
    connect: () => attemptAt(0, { type: 'stopRetryTimer' }),
    disconnect: () => to({ name: 'closed' }, { type: 'stopRetryTimer' }),
    reset: () => forget({ type: 'stopRetryTimer' }),
    opened: stay,
    ready: stay,
    refused: stay,
    closed: stay,
    impossible: () => to({ name: 'closed' }, { type: 'stopRetryTimer' }),
    retryDue: ({ attempt }) => attemptAt(attempt + 1),
    hurry: ({ attempt }) => attemptAt(attempt + 1, { type: 'stopRetryTimer' }),
    offline: stay,
    silent: stay,
  },
  closed: {
    connect: () => attemptAt(0),
    disconnect: stay,
    reset: () => forget(),
    opened: stay,
    ready: stay,
    refused: stay,
    closed: stay,
    impossible: stay,
    retryDue: stay,
    hurry: stay,
    offline: stay,
    silent: stay,
  },
};

export const INITIAL_STATE: ConnectionState = { name: 'uninitialized' };

export function next(state: ConnectionState, event: ConnectionEvent): Transition {
  const cell = table[state.name][event.type] as (state: ConnectionState, event: ConnectionEvent) => Transition;
  return cell(state, event);
}

export function statusOf(state: ConnectionState): ConnectionStatus {
  switch (state.name) {
    case 'uninitialized':
      return 'UNINITIALIZED';
    case 'connecting':
      return 'CONNECTING';
    case 'open':
    case 'ready':
      return 'OPEN';
    case 'closing':
      return 'CLOSING';
    case 'waiting':
    case 'closed':
      return 'CLOSED';
  }
}
