/** What the programs that share a replica say to each other. */
import type { PendingTransaction, StorageEntry, TriplitErrorJson } from '@triplit/db';
import type { ClientSyncMessage, CloseReason, ServerSyncMessage } from '@triplit/db/sync';
import type { LogLevelName } from '@triplit/logger';
import type { ReplicaOperation } from '../replica/replica-operation.ts';
import type { SharedMethod } from '../sync/leader.ts';
import type { Traffic } from '../sync/sync-events.ts';
import type { WriteReport } from '../sync/write-reports.ts';

/** From a follower to the leader. */
export type FollowerMessage =
  /** What follows is written in a session with this token; without one, in none. */
  | { readonly type: 'session'; readonly token: string | undefined }
  | { readonly type: 'append'; readonly transaction: PendingTransaction }
  /** Answered by `result`. `flush`: once everything that was said before is durable. */
  | {
      readonly type: 'call';
      readonly number: number;
      readonly method: SharedMethod | 'flush';
      readonly args: readonly unknown[];
    }
  /** Asks for the connection to the server, in the session that was named. */
  | { readonly type: 'connect' }
  | { readonly type: 'disconnect' }
  /** For the server, as far as it concerns this follower alone: queries and tokens. */
  | { readonly type: 'send'; readonly message: ClientSyncMessage }
  /** Asks for what is said between the leader and the server: somebody listens. */
  | { readonly type: 'watchTraffic' }
  | { readonly type: 'leave' };

/** From the leader to a follower. */
export type LeaderMessage =
  /** The first: the content of the replica, to which the operations that follow apply. */
  | { readonly type: 'welcome'; readonly content: readonly StorageEntry[] }
  | { readonly type: 'refusal'; readonly reason: string }
  | { readonly type: 'operation'; readonly operation: ReplicaOperation }
  | { readonly type: 'report'; readonly report: WriteReport }
  | { readonly type: 'result'; readonly number: number; readonly value?: unknown; readonly error?: TriplitErrorJson }
  | { readonly type: 'traffic'; readonly traffic: Traffic }
  /** The connection that the follower asked for is ready. */
  | { readonly type: 'opened' }
  | { readonly type: 'message'; readonly message: ServerSyncMessage }
  /** It is gone; without a reason it may be asked for again at once. */
  | { readonly type: 'closed'; readonly reason?: CloseReason }
  /** There is a connection again, whoever wants it. */
  | { readonly type: 'available' }
  /** Somebody signed out, or in as somebody else. */
  | { readonly type: 'sessionEnded' }
  /** Of a worker: while it holds this Web Lock, it lives. For whoever started it. */
  | { readonly type: 'life'; readonly lock: string }
  /** Of a worker, whose own log nobody reads. */
  | {
      readonly type: 'log';
      readonly level: LogLevelName;
      readonly message: string;
      readonly attributes?: Record<string, unknown>;
    };
