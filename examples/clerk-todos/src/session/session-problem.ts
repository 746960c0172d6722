/** Why the server refused the session, in its own words, and which setting to look at. */
import { useClerk } from '@clerk/react';
import { useConnectionStatus } from '@triplit/react';
import { useEffect, useState } from 'react';
import { client } from '../../triplit/client.ts';
import { usesStandIn } from './clerk-boundary.tsx';

export interface SessionProblem {
  readonly title: string;
  readonly detail: string;
  readonly advice: string;
}

const titles: Record<string, string> = {
  UNAUTHORIZED: 'The Triplit server refused your Clerk session',
  TOKEN_EXPIRED: 'Your Clerk session token has expired',
  ROLES_MISMATCH: 'Your roles have changed',
  SCHEMA_MISMATCH: 'App and server disagree about the schema',
};

const advice: Record<string, string> = {
  UNAUTHORIZED: usesStandIn
    ? 'Look at TRIPLIT_EXTERNAL_JWT_SECRET of the Triplit server: it must be the public key of this stand-in. npm run demo sets it.'
    : 'Look at TRIPLIT_EXTERNAL_JWT_SECRET in examples/clerk-todos/.env: it must be the JWT public key of the same Clerk application as VITE_CLERK_PUBLISHABLE_KEY.',
  TOKEN_EXPIRED:
    'A new token is fetched as soon as Clerk can be reached. If this stays, compare the clocks of both machines.',
  ROLES_MISMATCH: 'Sign out and in again.',
  SCHEMA_MISMATCH: 'Restart the Triplit server, or look at triplit/schema.ts.',
};

const clerkUnreachable: SessionProblem = {
  title: 'Clerk could not be loaded',
  detail: '',
  advice: 'This is what is on this device. The page loads again by itself when the network is back.',
};

export function useSessionProblem(): SessionProblem | undefined {
  const status = useConnectionStatus(client);
  const clerkFailed = useClerk().status === 'error';
  const [refusal, setRefusal] = useState<{ type: string; message: string }>();

  useEffect(() => {
    const stopSession = client.onSessionError((type) =>
      setRefusal((known) => ({ type, message: known?.message ?? '' })),
    );
    const stopMessages = client.onSyncMessageReceived((message) => {
      if (message.type === 'CLOSE') setRefusal({ type: message.payload.type, message: message.payload.message ?? '' });
      if (message.type === 'READY') setRefusal(undefined);
    });
    return () => {
      stopSession();
      stopMessages();
    };
  }, []);

  useReloadWhenBack(clerkFailed);

  if (clerkFailed) return clerkUnreachable;
  const title = refusal && titles[refusal.type];
  if (!refusal || !title || status === 'UNINITIALIZED') return undefined;
  const type = /expired/i.test(refusal.message) ? 'TOKEN_EXPIRED' : refusal.type;
  return { title: titles[type] ?? title, detail: sentences(refusal.message), advice: advice[type] ?? '' };
}

/** Server errors come as `what happened | Context: why`; some have only the second half. */
function sentences(message: string): string {
  const [what = '', why] = message.replace(/^Triplit Error \| Context: /, '').split(' | Context: ');
  return why === undefined ? what : `${what} ${why.charAt(0).toUpperCase()}${why.slice(1)}`;
}

/** Clerk's script gives up after a while without a network and has no way to try again. */
function useReloadWhenBack(clerkFailed: boolean): void {
  useEffect(() => {
    if (!clerkFailed) return;
    const reload = () => location.reload();
    window.addEventListener('online', reload);
    return () => window.removeEventListener('online', reload);
  }, [clerkFailed]);
}
