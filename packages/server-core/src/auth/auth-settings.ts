/** Everything that can be configured about tokens, and how it is read from environment variables. */

/** An issuer besides Triplit itself whose tokens are accepted. One of `secret`, `jwksUrl`, `clerkPublishableKey`, or only `issuer`. */
export interface IssuerSettings {
  /** For messages and logs. */
  readonly name?: string;
  /** Accepted `iss`. Without keys and URL, the keys are found by OpenID Connect discovery. */
  readonly issuer?: string | readonly string[];
  /** A key in any form: PEM, JWK, JWKS, certificate, HMAC secret. */
  readonly secret?: string;
  readonly jwksUrl?: string;
  readonly clerkPublishableKey?: string;
  /** Accepted `aud`. */
  readonly audience?: string | readonly string[];
  /** Accepted `azp`; `*none` accepts tokens without. */
  readonly authorizedParties?: string | readonly string[];
  /** Path to the claims used for sessions; without it that of the server. */
  readonly claimsPath?: string;
}

export interface AuthSettings {
  /** Verifies tokens of Triplit itself (anonymous and service tokens). */
  readonly jwtSecret?: string | undefined;
  /** Put into the tokens that the server signs; tokens are not checked against it. */
  readonly projectId?: string | undefined;
  /** Verifies all other tokens; in any form that `IssuerSettings.secret` takes. */
  readonly externalJwtSecret?: string | undefined;
  /** Dot path to the claims inside of external tokens. */
  readonly claimsPath?: string | undefined;
  readonly issuers?: readonly IssuerSettings[] | undefined;
  readonly externalJwksUrl?: string | undefined;
  readonly externalJwtIssuer?: string | readonly string[] | undefined;
  readonly externalJwtAudience?: string | readonly string[] | undefined;
  readonly externalJwtAuthorizedParties?: string | readonly string[] | undefined;
  readonly clerkPublishableKey?: string | undefined;
  /** How far the clocks of issuer and server may differ. Default 5. */
  readonly leewaySeconds?: number | undefined;
  /** What people put before the names of the settings below, as `TRIPLIT_` during development; for messages. */
  readonly settingPrefix?: string | undefined;
}

export const DEFAULT_LEEWAY_SECONDS = 5;

/** The environment variable of each setting, which is also how messages call it. */
export const SETTING_NAMES = {
  jwtSecret: 'JWT_SECRET',
  externalJwtSecret: 'EXTERNAL_JWT_SECRET',
  claimsPath: 'CLAIMS_PATH',
  externalJwksUrl: 'EXTERNAL_JWKS_URL',
  externalJwtIssuer: 'EXTERNAL_JWT_ISSUER',
  externalJwtAudience: 'EXTERNAL_JWT_AUDIENCE',
  externalJwtAuthorizedParties: 'EXTERNAL_JWT_AUTHORIZED_PARTIES',
  clerkPublishableKey: 'CLERK_PUBLISHABLE_KEY',
} as const;

/** Empty variables count as absent. `prefix` is put before every name, e.g. `TRIPLIT_`. */
export function authSettingsFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  prefix = '',
): AuthSettings {
  const settings: Record<string, string> = {};
  for (const [setting, name] of Object.entries(SETTING_NAMES)) {
    const value = environment[prefix + name];
    if (value !== undefined && value.trim() !== '') settings[setting] = value;
  }
  return prefix === '' ? settings : { ...settings, settingPrefix: prefix };
}

/** A list setting: an array, or text with commas. Undefined when nothing is in it. */
export function listSetting(value: string | readonly string[] | undefined): readonly string[] | undefined {
  const items = (typeof value === 'string' ? value.split(',') : (value ?? []))
    .map((item) => item.trim())
    .filter((item) => item !== '');
  return items.length === 0 ? undefined : items;
}
