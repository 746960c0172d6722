/** The resources of Clerk's Frontend API as JSON: client, session, user and sign-in attempt. */
import type { StandInBrowser, StandInSession } from './browser-registry.ts';
import type { StandInUser } from './stand-in-users.ts';

/** A session is offered for a week, as Clerk does by default. */
const SESSION_LIFETIME_MS = 7 * 24 * 60 * 60 * 1000;

export interface ActiveSession {
  readonly session: StandInSession;
  readonly user: StandInUser;
  readonly token: string;
}

export function clientJson(browser: StandInBrowser, active: ActiveSession | undefined): Record<string, unknown> {
  return {
    object: 'client',
    id: browser.clientId,
    sessions: active ? [sessionJson(active)] : [],
    sign_in: null,
    sign_up: null,
    last_active_session_id: active?.session.id ?? null,
    last_authentication_strategy: null,
    cookie_expires_at: null,
    created_at: browser.createdAt,
    updated_at: Date.now(),
  };
}

export function sessionJson({ session, user, token }: ActiveSession): Record<string, unknown> {
  const now = Date.now();
  return {
    object: 'session',
    id: session.id,
    status: 'active',
    factor_verification_age: [Math.floor((now - session.signedInAt) / 60_000), -1],
    expire_at: session.signedInAt + SESSION_LIFETIME_MS,
    abandon_at: session.signedInAt + SESSION_LIFETIME_MS,
    last_active_at: now,
    last_active_token: { object: 'token', jwt: token },
    last_active_organization_id: null,
    actor: null,
    tasks: null,
    user: userJson(user, session.signedInAt),
    public_user_data: {
      first_name: user.firstName,
      last_name: user.lastName,
      image_url: user.imageUrl,
      has_image: true,
      identifier: user.email,
      user_id: user.id,
    },
    created_at: session.signedInAt,
    updated_at: now,
  };
}

/** A session that has just been signed out, as the answer to the request that did it. */
export function endedSessionJson(session: StandInSession): Record<string, unknown> {
  return { object: 'session', id: session.id, status: 'removed', user: null, last_active_token: null };
}

export function userJson(user: StandInUser, lastSignInAt: number): Record<string, unknown> {
  const emailId = `idn_${user.id}`;
  return {
    object: 'user',
    id: user.id,
    external_id: null,
    username: null,
    first_name: user.firstName,
    last_name: user.lastName,
    image_url: user.imageUrl,
    has_image: true,
    profile_image_id: '',
    primary_email_address_id: emailId,
    primary_phone_number_id: null,
    primary_web3_wallet_id: null,
    email_addresses: [
      {
        object: 'email_address',
        id: emailId,
        email_address: user.email,
        verification: { status: 'verified', strategy: 'ticket', attempts: null, expire_at: null },
        linked_to: [],
        matches_sso_connection: false,
      },
    ],
    phone_numbers: [],
    web3_wallets: [],
    external_accounts: [],
    enterprise_accounts: [],
    passkeys: [],
    organization_memberships: [],
    password_enabled: false,
    totp_enabled: false,
    backup_code_enabled: false,
    two_factor_enabled: false,
    public_metadata: {},
    unsafe_metadata: {},
    last_sign_in_at: lastSignInAt,
    create_organization_enabled: false,
    create_organizations_limit: null,
    delete_self_enabled: false,
    legal_accepted_at: null,
    timezone: null,
    created_at: lastSignInAt,
    updated_at: lastSignInAt,
  };
}

export function completedSignInJson(session: StandInSession, user: StandInUser): Record<string, unknown> {
  return {
    object: 'sign_in',
    id: `sia_${session.id.slice('sess_'.length)}`,
    status: 'complete',
    supported_identifiers: [],
    supported_first_factors: null,
    supported_second_factors: null,
    first_factor_verification: null,
    second_factor_verification: null,
    identifier: user.email,
    user_data: null,
    created_session_id: session.id,
  };
}
