/** Keys that a setting holds. They are read once; what is wrong with them is told at start and to every token. */
import { TriplitError } from '@triplit/db';
import { InvalidTokenSignatureError } from '../errors.ts';
import type { TokenHeader } from './compact-token.ts';
import { selectKey } from './jwks.ts';
import { loadKeyMaterial } from './key-material.ts';
import type { KeyMaterial } from './key-material.ts';
import { KeyRefusal } from './key-refusal.ts';
import type { KeySource } from './key-source.ts';
import { SIGNATURE_ALGORITHMS } from './verification-key.ts';
import type { VerificationKey } from './verification-key.ts';

export class StaticKeys implements KeySource {
  readonly label: string;
  readonly ready: Promise<void>;
  /** What to do about a token whose algorithm the keys cannot verify; completes "the token is signed with X, …". */
  readonly #mismatchAdvice: string | undefined;
  #material: KeyMaterial | undefined;
  #problem: string | undefined;

  constructor(label: string, text: string, mismatchAdvice?: string) {
    this.label = label;
    this.#mismatchAdvice = mismatchAdvice;
    this.ready = this.#load(text);
  }

  get problem(): string | undefined {
    return this.#problem;
  }

  async select(header: TokenHeader): Promise<VerificationKey> {
    await this.ready;
    if (!this.#material) throw new TriplitError(this.#problem);
    const { keys } = this.#material;
    const key = selectKey(keys, header, keys.length === 1);
    if (key) return key;
    throw new InvalidTokenSignatureError(`signature verification failed: ${this.#mismatch(header, this.#material)}.`);
  }

  describe(): string[] {
    if (this.#problem !== undefined) return [this.#problem];
    if (!this.#material) return [`${this.label}: still being read.`];
    const { description, warnings } = this.#material;
    return [`${this.label}: ${description}.`, ...warnings.map((warning) => `Warning: ${this.label}: ${warning}.`)];
  }

  #mismatch({ alg, kid }: TokenHeader, { keys, description }: KeyMaterial): string {
    const algorithm = describeAlgorithm(alg);
    if (keys.some(({ algorithms }) => algorithms.includes(alg as string))) {
      return `no key in ${this.label} has the token's key id ${kid === undefined ? '(it names none)' : JSON.stringify(kid.slice(0, 100))}; put the issuer's current keys there`;
    }
    if (this.#mismatchAdvice !== undefined) return `the token is signed with ${algorithm}, ${this.#mismatchAdvice}`;
    const kind = keys.length === 1 ? description.replace(/, thumbprint .*/, '') : 'other keys';
    return `the token is signed with ${algorithm}, but ${this.label} holds: ${kind}; put the key there that the token's issuer signs with`;
  }

  async #load(text: string): Promise<void> {
    try {
      this.#material = await loadKeyMaterial(text);
    } catch (error) {
      const reason = error instanceof KeyRefusal ? error.message : 'it cannot be read';
      this.#problem = `${this.label} cannot be used: ${reason}.`;
    }
  }
}

/** Only names that we know are repeated: the header is the sender's text. */
export function describeAlgorithm(alg: unknown): string {
  return SIGNATURE_ALGORITHMS.includes(alg as string) ? (alg as string) : 'an unsupported algorithm';
}
