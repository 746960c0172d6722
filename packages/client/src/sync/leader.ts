/** The program that talks to the server for all that share a replica, as the others see it. */
export interface Leader {
  call(method: SharedMethod, args: readonly unknown[]): Promise<any>;
  /** From now on tell what is said between it and the server. */
  watchTraffic(): void;
}

/** What is done by the leader wherever it is asked for. */
export type SharedMethod = 'syncWrites' | 'clearPendingChangesForEntity' | 'clearPendingChangesAll' | 'clear';
