/** How a client asks to be connected. */
import type { Feature } from '@triplit/db/sync';
import type { TokenFacts } from '../token-facts.ts';

export interface ConnectionOptions {
  /** Names the connection, for token updates. Default: a random UUID. */
  readonly clientId?: string;
  /** Hash of the client's schema. When given, the schemas are compared before the connection becomes ready. */
  readonly clientSchemaHash?: number;
  /** Accepted and stored; has no effect. */
  readonly syncSchema?: boolean;
  /** Additions to the protocol that the client asked for; `READY` names those that are in force. */
  readonly features?: ReadonlySet<Feature>;
  /** Where the client connects from: connections with anonymous tokens are counted by it. */
  readonly address?: string;
  /** Of the token, when the claims are only a part of it. Default: as the claims say. */
  readonly facts?: TokenFacts;
}
