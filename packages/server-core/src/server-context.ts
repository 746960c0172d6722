/** What every connection and route of one server shares. */
import type { DB } from '@triplit/db';
import type { Logger } from '@triplit/logger';
import type { TokenVerifier } from './auth/token-verifier.ts';
import type { AllowedOrigins } from './http/allowed-origins.ts';
import type { ServerLimits } from './limits/limits.ts';
import type { Principals } from './limits/principals.ts';
import type { ServerSettings } from './settings/server-settings.ts';
import type { CompatibleSchemas } from './sync/compatible-schemas.ts';
import type { FlushQueue } from './sync/flush-queue.ts';
import type { TrafficLog } from './traffic-log.ts';

export interface ServerContext {
  readonly db: DB;
  readonly settings: ServerSettings;
  readonly limits: ServerLimits;
  readonly principals: Principals;
  readonly allowedOrigins: AllowedOrigins;
  readonly logger: Logger;
  /** Told of each message and request, by type and never with what it carries. Undefined when nobody listens. */
  readonly traffic: TrafficLog | undefined;
  readonly flushQueue: FlushQueue;
  readonly compatibleSchemas: CompatibleSchemas;
  /** Undefined when the server is only used in-process, by callers that know whom they speak for. */
  readonly tokenVerifier: TokenVerifier | undefined;
  /** How long after its expiry a token is still accepted. */
  readonly leewayMs: number;
}
