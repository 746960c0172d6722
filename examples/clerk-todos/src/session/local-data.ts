/**
 * Whose data is on this device. Invariant: nobody is shown, and nobody sends, what another person left here; the data of
 * one is gone before the next is its owner.
 */
import { useSyncExternalStore } from 'react';
import { client } from '../../triplit/client.ts';
import { forgetIdentity } from './identity.ts';

const OWNER_KEY = 'clerk-todos:data-owner';
const listeners = new Set<() => void>();

/** Clerk's id of the person whose data is on this device. */
export function useLocalDataOwner(): string | null {
  return useSyncExternalStore(subscribe, readOwner);
}

export function claimLocalData(userId: string): Promise<void> {
  return inTurn(async () => {
    const owner = readOwner();
    if (owner !== null && owner !== userId) await empty();
    localStorage.setItem(OWNER_KEY, userId);
    publish();
  });
}

/** Somebody signed out. */
export function dropLocalData(): Promise<void> {
  forgetIdentity();
  return inTurn(async () => {
    if (readOwner() !== null) await empty();
  });
}

let lastTurn: Promise<void> = Promise.resolve();

/** A change of owner never begins before the one before it is complete. */
function inTurn(change: () => Promise<void>): Promise<void> {
  const turn = lastTurn.then(change);
  lastTurn = turn.catch(() => undefined);
  return turn;
}

async function empty(): Promise<void> {
  await client.endSession();
  await client.clear();
  localStorage.removeItem(OWNER_KEY);
  publish();
}

function readOwner(): string | null {
  return localStorage.getItem(OWNER_KEY);
}

function publish(): void {
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
