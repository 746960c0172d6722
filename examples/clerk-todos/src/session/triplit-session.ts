/**
 * Keeps Triplit's session in step with Clerk's: it starts when somebody is signed in, gets a new token from Clerk
 * whenever the old one runs out, and ends (with the local data) when Clerk says that nobody is signed in. Being offline
 * is not a sign-out: then everything stays as it is and the start is tried again.
 */
import { useAuth, useClerk } from '@clerk/react';
import { useEffect, useRef } from 'react';
import { client } from '../../triplit/client.ts';
import { forgetIdentity, knowsNobody } from './identity.ts';

const OWNER_KEY = 'clerk-todos:data-owner';
const RETRY_MS = 5_000;

export function useTriplitSession(): void {
  const { isLoaded, sessionId, userId, getToken } = useAuth();
  const { status } = useClerk();
  const latestGetToken = useRef(getToken);
  useEffect(() => {
    latestGetToken.current = getToken;
  });

  useEffect(() => {
    if (!isLoaded) return;
    if (!sessionId || !userId) {
      if (knowsNobody(status)) void leave();
      return;
    }
    return keepStarting(async (cancelled) => {
      await claimLocalData(userId);
      const fresh = () => latestGetToken.current({ skipCache: true });
      const token = await fresh();
      if (token && !cancelled()) await client.startSession(token, true, { refreshHandler: fresh });
    });
  }, [isLoaded, sessionId, userId, status]);
}

/** Runs `start` until it succeeds: at once, again after a while, and as soon as the network is back. */
function keepStarting(start: (cancelled: () => boolean) => Promise<void>): () => void {
  let over = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const attempt = () => {
    clearTimeout(timer);
    start(() => over).then(stopListening, () => {
      if (!over) timer = setTimeout(attempt, RETRY_MS);
    });
  };
  const stopListening = () => window.removeEventListener('online', attempt);
  window.addEventListener('online', attempt);
  attempt();
  return () => {
    over = true;
    clearTimeout(timer);
    stopListening();
  };
}

/** The local data belongs to one person. Another one never sees it, and never sends what the first one left unsent. */
async function claimLocalData(userId: string): Promise<void> {
  const owner = localStorage.getItem(OWNER_KEY);
  if (owner !== null && owner !== userId) {
    await client.endSession();
    await client.clear();
  }
  localStorage.setItem(OWNER_KEY, userId);
}

async function leave(): Promise<void> {
  forgetIdentity();
  if (localStorage.getItem(OWNER_KEY) === null) return;
  localStorage.removeItem(OWNER_KEY);
  await client.endSession();
  await client.clear();
}
