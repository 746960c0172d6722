/**
 * Keeps Triplit's session in step with Clerk's: it starts when somebody is signed in, gets a new token from Clerk
 * whenever the old one runs out, and ends (with the local data) when Clerk says that nobody is signed in. Being offline
 * is not a sign-out: then everything stays as it is and the start is tried again.
 */
import { useAuth, useClerk } from '@clerk/react';
import { useEffect, useRef } from 'react';
import { client } from '../../triplit/client.ts';
import { knowsNobody } from './identity.ts';
import { claimLocalData, dropLocalData } from './local-data.ts';

const RETRY_MS = 5_000;

export function useTriplitSession(): void {
  const { isLoaded, sessionId, userId, getToken } = useAuth();
  const { status } = useClerk();
  const isSignedOut = !sessionId && knowsNobody(status);
  const latestGetToken = useRef(getToken);
  useEffect(() => {
    latestGetToken.current = getToken;
  });

  useEffect(() => {
    if (!isLoaded) return;
    if (isSignedOut) void dropLocalData();
    if (!sessionId || !userId) return;
    return keepStarting(async (cancelled) => {
      await claimLocalData(userId);
      const fresh = () => latestGetToken.current({ skipCache: true });
      const token = await fresh();
      if (token && !cancelled()) await client.startSession(token, true, { refreshHandler: fresh });
    });
  }, [isLoaded, isSignedOut, sessionId, userId]);
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
