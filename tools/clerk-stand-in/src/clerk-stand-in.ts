/**
 * A stand-in of Clerk's Frontend API for development and tests: enough of it for the real `@clerk/clerk-js` to load,
 * sign in, refresh tokens and sign out without a network. It has no passwords and must never face other people.
 */
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { methodOverride } from 'hono/method-override';
import { BrowserRegistry, identifier } from './browser-registry.ts';
import type { BrowserRegistryState } from './browser-registry.ts';
import { frontendApi } from './frontend-api.ts';
import { CLERK_TOKEN_LIFETIME_SECONDS, mintSessionToken } from './session-token.ts';
import { loadSigningKey } from './signing-key.ts';
import { standInPage } from './stand-in-page.ts';
import { defaultStandInUsers } from './stand-in-users.ts';
import type { StandInUser } from './stand-in-users.ts';

/** A reserved name that no resolver knows: a script that forgets the proxy fails instead of calling somebody. */
const FRONTEND_API_HOST = 'clerk.local.test';
const BASE_PATH = '/fapi';

export interface ClerkStandInOptions {
  /** Origin of the app, e.g. `http://localhost:5173`. The app proxies `/fapi` to the stand-in. */
  readonly origin: string;
  readonly users?: readonly StandInUser[];
  /** PKCS#8 PEM. A fresh key is made without it. */
  readonly privateKey?: string;
  /** 60 seconds by default, as Clerk's. Tests shorten it. */
  readonly tokenLifetimeSeconds?: number;
  /** Browsers and sessions of an earlier run. */
  readonly state?: BrowserRegistryState;
  /** Called after a browser registered, signed in or signed out. */
  readonly onStateChange?: (state: BrowserRegistryState) => void;
}

export interface ClerkStandIn {
  /** Answers every request below `/fapi`, the same paths without it, and a page at `/`. */
  readonly fetch: (request: Request) => Promise<Response>;
  readonly users: readonly StandInUser[];
  readonly publishableKey: string;
  readonly issuer: string;
  readonly publicKeyPem: string;
  readonly privateKeyPem: string;
  /** A session token outside any browser, for tests. */
  mintToken(userId: string, lifetimeSeconds?: number): Promise<string>;
  /** Refuses every request from now on. */
  close(): void;
}

export async function createClerkStandIn(options: ClerkStandInOptions): Promise<ClerkStandIn> {
  const users = options.users ?? defaultStandInUsers;
  const key = await loadSigningKey('ins_local_stand_in', options.privateKey);
  const issuer = `https://${FRONTEND_API_HOST}`;
  const lifetimeSeconds = options.tokenLifetimeSeconds ?? CLERK_TOKEN_LIFETIME_SECONDS;
  const browsers: BrowserRegistry = new BrowserRegistry(options.state ?? [], () =>
    options.onStateChange?.(browsers.state()),
  );
  const appOrigin = new URL(options.origin).origin;
  const session = { issuer, lifetimeSeconds };

  const api = frontendApi({
    appOrigin,
    users,
    browsers,
    mint: (browser, origin) =>
      mintSessionToken(key, {
        ...session,
        userId: browser.session!.userId,
        sessionId: browser.session!.id,
        signedInAt: browser.session!.signedInAt,
        authorizedParty: origin,
      }),
  });

  const routes = new Hono();
  routes.get('/', (context) => context.html(standInPage(users, appOrigin, key.publicKeyPem)));
  routes.get('/.well-known/jwks.json', (context) => context.json({ keys: [key.publicJwk] }));
  routes.get('/stand-in', (context) => context.json({ standIn: true, users }));
  routes.route('/v1', api);

  const app = new Hono();
  app.use(cors({ origin: (origin) => (origin === appOrigin ? origin : null), credentials: true }));
  app.use(methodOverride({ app, query: '_method' }));
  app.route(BASE_PATH, routes);
  app.route('/', routes);

  let closed = false;
  return {
    fetch: async (request) =>
      closed ? new Response('The stand-in of Clerk is closed.', { status: 503 }) : app.fetch(request),
    users,
    publishableKey: publishableKeyFor(FRONTEND_API_HOST),
    issuer,
    publicKeyPem: key.publicKeyPem,
    privateKeyPem: key.privateKeyPem,
    mintToken: (userId, lifetime = lifetimeSeconds) =>
      mintSessionToken(key, {
        issuer,
        userId,
        sessionId: `sess_${identifier()}`,
        signedInAt: Date.now(),
        authorizedParty: appOrigin,
        lifetimeSeconds: lifetime,
      }),
    close: () => {
      closed = true;
    },
  };
}

function publishableKeyFor(host: string): string {
  return `pk_test_${btoa(`${host}$`).replaceAll('=', '')}`;
}
