/**
 * Clerk around the app. With a publishable key this is the ordinary ClerkProvider; without one it is the same provider
 * with Clerk's own script bundled in, talking to the local stand-in below `/fapi`.
 */
import { ClerkProvider } from '@clerk/react';
import type { ComponentProps, ReactNode } from 'react';

const publishableKey = import.meta.env.VITE_CLERK_PUBLISHABLE_KEY;

/** True while no real Clerk key is configured. The app then says so on every screen. */
export const usesStandIn = !publishableKey;

/** `pk_test_` and the encoded name of a host that exists nowhere: every request goes through the proxy. */
const standInKey = `pk_test_${btoa('clerk.local.test$')}`;

type ClerkConstructor = ComponentProps<typeof ClerkProvider>['Clerk'];

/** Clerk's script without remotely hosted code. Real keys load Clerk's script from Clerk instead. */
export async function loadStandInClerk(): Promise<ClerkConstructor> {
  if (!usesStandIn) return undefined;
  const { Clerk } = await import('@clerk/clerk-js/no-rhc');
  return Clerk as unknown as ClerkConstructor;
}

interface ClerkBoundaryProps {
  readonly standInClerk: ClerkConstructor;
  readonly children: ReactNode;
}

export function ClerkBoundary({ standInClerk, children }: ClerkBoundaryProps) {
  if (!usesStandIn) {
    return (
      <ClerkProvider publishableKey={publishableKey!} afterSignOutUrl="/">
        {children}
      </ClerkProvider>
    );
  }
  return (
    <ClerkProvider publishableKey={standInKey} proxyUrl="/fapi" Clerk={standInClerk} telemetry={false}>
      {children}
    </ClerkProvider>
  );
}
