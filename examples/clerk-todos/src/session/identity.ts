/**
 * Who is using the app. Clerk decides when it can be reached; until then, and while offline, it is the person who was
 * signed in last on this device, so that local data shows at once and an offline reload does not look like a sign-out.
 */
import { useClerk, useUser } from '@clerk/react';
import { useEffect, useMemo } from 'react';

export interface Identity {
  readonly id: string;
  readonly name: string;
  readonly imageUrl: string | undefined;
}

export type IdentityState =
  | { readonly status: 'loading' }
  | { readonly status: 'signed-out' }
  | { readonly status: 'signed-in'; readonly identity: Identity };

const STORAGE_KEY = 'clerk-todos:last-person';

export function useIdentity(): IdentityState {
  const { status } = useClerk();
  const { user } = useUser();
  const fromClerk = useMemo(() => (user?.fullName ? identityOf(user) : undefined), [user]);

  useEffect(() => {
    if (fromClerk) localStorage.setItem(STORAGE_KEY, JSON.stringify(fromClerk));
  }, [fromClerk]);

  if (fromClerk) return { status: 'signed-in', identity: fromClerk };
  if (!user && knowsNobody(status)) return { status: 'signed-out' };
  const remembered = rememberedIdentity();
  if (remembered) return { status: 'signed-in', identity: remembered };
  return { status: status === 'loading' ? 'loading' : 'signed-out' };
}

/**
 * Whether "no user" really means that nobody is signed in. After a start without a network Clerk is `degraded` for good;
 * what it says then counts only while there is a network again.
 */
export function knowsNobody(clerkStatus: string): boolean {
  return clerkStatus === 'ready' || (clerkStatus === 'degraded' && navigator.onLine);
}

function rememberedIdentity(): Identity | undefined {
  const saved = localStorage.getItem(STORAGE_KEY);
  return saved === null ? undefined : (JSON.parse(saved) as Identity);
}

export function forgetIdentity(): void {
  localStorage.removeItem(STORAGE_KEY);
}

function identityOf(user: { id: string; fullName: string | null; imageUrl: string }): Identity {
  return { id: user.id, name: user.fullName ?? 'Somebody', imageUrl: user.imageUrl };
}
