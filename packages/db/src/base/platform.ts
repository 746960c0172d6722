/**
 * The one door to time, randomness and scheduling. Everything else in the core asks here, so that a simulator can
 * replace the three and drive the whole system deterministically.
 */
export interface Platform {
  /** Wall clock, milliseconds since the epoch. */
  now(): number;
  /** Milliseconds since some moment, which nobody can set: for how long something took or may take. */
  monotonicNow(): number;
  /** Fills the array with cryptographically strong random bytes and returns it. */
  randomBytes(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>;
  /** A random UUID, version 4. */
  randomUuid(): string;
  /** Runs the task in a later turn of the event loop (a macrotask), soon. Returns a function that cancels it. */
  schedule(task: () => void, delayMs?: number): () => void;
  /** Tells a person about an error that no code has asked to hear of. */
  reportError(message: string, error: unknown): void;
}

export const systemPlatform: Platform = {
  now: () => Date.now(),
  monotonicNow: () => performance.now(),
  randomBytes: (bytes) => crypto.getRandomValues(bytes),
  randomUuid: () => crypto.randomUUID(),
  schedule: (task, delayMs = 0) => {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
  // oxlint-disable-next-line no-console -- the last resort where there is no handler and no logger
  reportError: (message, error) => console.error(message, error),
};

/** The platform in use. Read it through this object at call time; never copy its members at import time. */
export const platform: Platform = { ...systemPlatform };

/** Replaces parts of the platform, for simulators and tests. Returns a function that restores what was there. */
export function usePlatform(replacement: Partial<Platform>): () => void {
  const previous = { ...platform };
  Object.assign(platform, replacement);
  return () => void Object.assign(platform, previous);
}
