/**
 * The routes of Clerk's Frontend API that its script calls between loading and signing out. An answer to anything but
 * a plain read carries the client object along, which is how the script learns that a session began or ended.
 */
import { Hono } from 'hono';
import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import type { BrowserRegistry, StandInBrowser } from './browser-registry.ts';
import { clientJson, completedSignInJson, endedSessionJson, sessionJson, userJson } from './client-json.ts';
import type { ActiveSession } from './client-json.ts';
import { environmentJson } from './environment-json.ts';
import type { StandInUser } from './stand-in-users.ts';

export interface FrontendApiParts {
  readonly appOrigin: string;
  readonly users: readonly StandInUser[];
  readonly browsers: BrowserRegistry;
  mint(browser: StandInBrowser, origin: string | undefined): Promise<string>;
}

interface Env {
  Variables: { browser: StandInBrowser };
}

/** The cookie by which Clerk recognises a browser, and the query parameter that replaces it on Clerk's own test domains. */
const CLIENT_COOKIE = '__client';
const DEV_BROWSER_PARAMETER = '__clerk_db_jwt';
const COOKIE_MAX_AGE_SECONDS = 7 * 24 * 60 * 60;

export function frontendApi(parts: FrontendApiParts): Hono<Env> {
  const api = new Hono<Env>();

  api.post('/dev_browser', (context) => context.json({ object: 'dev_browser', id: parts.browsers.register().id }));
  api.on(['GET', 'PATCH'], '/environment', (context) => context.json(environmentJson(parts.appOrigin)));

  api.use(async (context, next) => {
    const id = context.req.query(DEV_BROWSER_PARAMETER) ?? getCookie(context, CLIENT_COOKIE);
    const known = parts.browsers.find(id);
    const browser = known ?? parts.browsers.register();
    if (!known) setClientCookie(context, browser);
    context.set('browser', browser);
    await next();
  });

  api.on(['GET', 'PUT'], '/client', async (context) => {
    const browser = context.get('browser');
    return context.json({ response: clientJson(browser, await activeSession(parts, context)), client: null });
  });
  api.delete('/client', (context) => signOut(parts, context));
  api.delete('/client/sessions', (context) => signOut(parts, context));
  api.post('/client/sessions/:id/:act{remove|end}', (context) => signOut(parts, context));

  api.post('/client/sign_ins', async (context) => {
    const { strategy, ticket } = await context.req.parseBody();
    const user = parts.users.find((candidate) => candidate.id === ticket);
    if (strategy !== 'ticket' || !user) {
      const known = parts.users.map((candidate) => candidate.id).join(', ');
      const advice = `Sign in with strategy "ticket" and one of these tickets: ${known}.`;
      return refusal(context, 422, 'form_param_value_invalid', `The stand-in cannot sign in this way. ${advice}`);
    }
    const session = parts.browsers.signIn(context.get('browser'), user.id);
    return respond(parts, context, completedSignInJson(session, user));
  });

  api.post('/client/sessions/:id/tokens/:template?', async (context) => {
    const active = await activeSession(parts, context);
    if (active?.session.id !== context.req.param('id')) return sessionEnded(context);
    return context.json({ object: 'token', jwt: active.token });
  });
  api.post('/client/sessions/:id/touch', async (context) => {
    const active = await activeSession(parts, context);
    if (active?.session.id !== context.req.param('id')) return sessionEnded(context);
    return respond(parts, context, sessionJson(active));
  });
  api.get('/me', async (context) => {
    const active = await activeSession(parts, context);
    if (!active) return sessionEnded(context);
    return context.json({ response: userJson(active.user, active.session.signedInAt), client: null });
  });

  api.all('*', (context) =>
    refusal(context, 404, 'resource_not_found', `The stand-in has no ${context.req.method} ${context.req.path}.`),
  );
  return api;
}

function setClientCookie(context: Context, browser: StandInBrowser): void {
  setCookie(context, CLIENT_COOKIE, browser.id, {
    httpOnly: true,
    sameSite: 'Lax',
    path: '/',
    maxAge: COOKIE_MAX_AGE_SECONDS,
  });
}

async function activeSession(parts: FrontendApiParts, context: Context<Env>): Promise<ActiveSession | undefined> {
  const browser = context.get('browser');
  const { session } = browser;
  const user = parts.users.find((candidate) => candidate.id === session?.userId);
  if (!session || !user) return undefined;
  return { session, user, token: await parts.mint(browser, context.req.header('origin')) };
}

async function respond(parts: FrontendApiParts, context: Context<Env>, response: unknown): Promise<Response> {
  return context.json({ response, client: clientJson(context.get('browser'), await activeSession(parts, context)) });
}

function signOut(parts: FrontendApiParts, context: Context<Env>): Promise<Response> {
  const session = parts.browsers.signOut(context.get('browser'));
  return respond(parts, context, session ? endedSessionJson(session) : null);
}

function sessionEnded(context: Context<Env>): Response {
  return refusal(context, 401, 'authentication_invalid', 'This session has ended. Sign in again.');
}

function refusal(context: Context, status: 401 | 404 | 422, code: string, text: string): Response {
  return context.json({ errors: [{ code, message: text, long_message: text, meta: {} }], clerk_trace_id: '' }, status);
}
