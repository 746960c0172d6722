import type { DBSchema } from '@triplit/db';
import type { Logger } from '@triplit/logger';
import type { Replica } from '../replica/replica.ts';
import type { SyncTransport } from '../transport/transport.ts';
import type { RejectedWritesPolicy } from './sender.ts';

export interface SyncEngineOptions {
  readonly replica: Replica;
  readonly transport: SyncTransport;
  readonly logger: Logger;
  readonly serverUrl: string | undefined;
  readonly claimsPath: string | undefined;
  readonly schema: DBSchema | undefined;
  /** 0 turns pings off. */
  readonly pingIntervalMs: number;
  readonly rejectedWrites: RejectedWritesPolicy;
}
