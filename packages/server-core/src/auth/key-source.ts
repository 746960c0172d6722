/** Where the keys of an issuer come from: a setting that holds them, or a URL that publishes them. */
import type { TokenHeader } from './compact-token.ts';
import type { VerificationKey } from './verification-key.ts';

export interface KeySource {
  /** The settings to look at when something is wrong, by the names that people know. */
  readonly label: string;
  /** The key to verify the token with. Throws a TriplitError that says why there is none. */
  select(header: TokenHeader): Promise<VerificationKey>;
  /** Settles when what can be loaded in advance is loaded; never rejects. */
  readonly ready: Promise<void>;
  /** What is known about the keys, one line each. */
  describe(): string[];
  /** Why the source can never yield a key, once that is known. */
  readonly problem: string | undefined;
}
