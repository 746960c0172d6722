/** What every connection and route of one server shares. */
import type { DB, TriplitError } from '@triplit/db';
import type { Logger } from '@triplit/logger';
import type { Claims } from './admin-access.ts';
import type { ServerLimits } from './limits.ts';
import type { CompatibleSchemas } from './sync/compatible-schemas.ts';
import type { FlushQueue } from './sync/flush-queue.ts';

/** The claims of a good token and when it expires (seconds since the epoch), or why it was refused. */
export type TokenVerification = { readonly data: Claims; readonly expiresAt?: number } | { readonly error: TriplitError };
export type VerifyToken = (token: string) => Promise<TokenVerification>;

export interface ServerContext {
  readonly db: DB;
  readonly limits: ServerLimits;
  readonly logger: Logger;
  readonly flushQueue: FlushQueue;
  readonly compatibleSchemas: CompatibleSchemas;
  readonly verifyToken: VerifyToken | undefined;
  /** How long after its expiry a token is still accepted. */
  readonly leewayMs: number;
}
