/** The settings as a list of issuers, each with its keys and rules. Mistakes in settings are kept for people to read. */
import { listSetting, SETTING_NAMES } from './auth-settings.ts';
import type { AuthSettings, IssuerSettings } from './auth-settings.ts';
import type { ClaimRules } from './claim-rules.ts';
import { parseClaimsPath } from './claims-path.ts';
import type { ClaimsPath } from './claims-path.ts';
import { parseClerkPublishableKey } from './clerk.ts';
import { discoverJwksUrl } from './discovery.ts';
import { requireTrustworthyUrl } from './fetch-json.ts';
import type { Fetch } from './fetch-json.ts';
import { JwksClient } from './jwks-client.ts';
import type { KeySource } from './key-source.ts';
import { StaticKeys } from './static-keys.ts';

export interface TrustedIssuer {
  readonly keys: KeySource;
  readonly rules: ClaimRules;
  readonly claimsPath?: ClaimsPath;
  /** How people know the setting of the claims path. */
  readonly claimsPathLabel: string;
}

export interface IssuerEnvironment {
  readonly fetch: Fetch;
  readonly now: () => number;
  readonly warn: (line: string) => void;
}

export interface TrustedIssuers {
  /** Those with named issuers first. */
  readonly issuers: readonly TrustedIssuer[];
  /** Whether the only one is Triplit itself, by its internal key, since no other is configured. */
  readonly isFallback: boolean;
  /** Settings that cannot be used, as sentences. */
  readonly problems: readonly string[];
}

interface Labels {
  readonly issuer: string;
  readonly secret: string;
  readonly jwksUrl: string;
  readonly clerkPublishableKey: string;
  readonly claimsPath: string;
}

export function trustedIssuers(settings: AuthSettings, environment: IssuerEnvironment): TrustedIssuers {
  const problems: string[] = [];
  const prefix = settings.settingPrefix ?? '';
  const single: Labels = {
    issuer: prefix + SETTING_NAMES.externalJwtIssuer,
    secret: prefix + SETTING_NAMES.externalJwtSecret,
    jwksUrl: prefix + SETTING_NAMES.externalJwksUrl,
    clerkPublishableKey: prefix + SETTING_NAMES.clerkPublishableKey,
    claimsPath: prefix + SETTING_NAMES.claimsPath,
  };
  const issuers = singleSettings(settings).flatMap((issuer) => buildIssuers(issuer, single, environment, problems));
  for (const [index, issuer] of (settings.issuers ?? []).entries()) {
    const name = issuer.name ?? `number ${index + 1} of the issuers`;
    const own = `issuer ${name}`;
    const labels = {
      issuer: own,
      secret: own,
      jwksUrl: own,
      clerkPublishableKey: own,
      claimsPath: issuer.claimsPath ? own : single.claimsPath,
    };
    issuers.push(
      ...buildIssuers(
        { ...issuer, claimsPath: issuer.claimsPath ?? settings.claimsPath },
        labels,
        environment,
        problems,
      ),
    );
  }
  if (issuers.length === 0 && problems.length === 0 && isSet(settings.jwtSecret)) {
    return { issuers: [fallbackIssuer(settings, settings.jwtSecret, single, problems)], isFallback: true, problems };
  }
  const isNamed = ({ rules }: TrustedIssuer): boolean => rules.issuers !== undefined;
  return {
    issuers: [...issuers.filter(isNamed), ...issuers.filter((issuer) => !isNamed(issuer))],
    isFallback: false,
    problems,
  };
}

function fallbackIssuer(
  { claimsPath, settingPrefix = '' }: AuthSettings,
  jwtSecret: string,
  labels: Labels,
  problems: string[],
): TrustedIssuer {
  const label = `${settingPrefix}${SETTING_NAMES.jwtSecret} (no ${labels.secret} is configured)`;
  const advice = `and no ${labels.secret} is configured; set it on the server to the public key of the token's issuer`;
  return {
    keys: new StaticKeys(label, jwtSecret, advice),
    rules: {},
    claimsPath: readClaimsPath(claimsPath, labels.claimsPath, problems),
    claimsPathLabel: labels.claimsPath,
  };
}

/** The flat settings as at most three issuers. An accepted issuer without keys of its own is discovered. */
function singleSettings(settings: AuthSettings): IssuerSettings[] {
  const { externalJwtSecret: secret, externalJwksUrl: jwksUrl, clerkPublishableKey } = settings;
  const issuer = listSetting(settings.externalJwtIssuer);
  const shared = {
    audience: settings.externalJwtAudience,
    authorizedParties: settings.externalJwtAuthorizedParties,
    claimsPath: settings.claimsPath,
  };
  const issuers: IssuerSettings[] = [];
  if (isSet(clerkPublishableKey)) issuers.push({ ...shared, clerkPublishableKey });
  if (isSet(jwksUrl)) issuers.push({ ...shared, jwksUrl, issuer });
  if (isSet(secret)) issuers.push({ ...shared, secret, issuer });
  if (issuer && !isSet(jwksUrl) && !isSet(secret))
    issuers.push({ ...shared, issuer: withoutClerk(issuer, clerkPublishableKey) });
  return issuers;
}

/** Naming Clerk's own issuer beside its publishable key adds nothing to discover. */
function withoutClerk(issuers: readonly string[], publishableKey: string | undefined): readonly string[] {
  try {
    return issuers.filter((issuer) => issuer !== parseClerkPublishableKey(publishableKey ?? '').issuer);
  } catch {
    return issuers;
  }
}

/** One issuer of the settings; several when each of its names has to be discovered apart. */
function buildIssuers(
  settings: IssuerSettings,
  labels: Labels,
  environment: IssuerEnvironment,
  problems: string[],
): TrustedIssuer[] {
  const { secret, jwksUrl, clerkPublishableKey } = settings;
  const issuers = listSetting(settings.issuer);
  const claimsPath = readClaimsPath(settings.claimsPath, labels.claimsPath, problems);
  const common = { claimsPath, claimsPathLabel: labels.claimsPath };
  const rules: ClaimRules = {
    issuers,
    audiences: listSetting(settings.audience),
    authorizedParties: listSetting(settings.authorizedParties),
  };
  if (isSet(secret)) return [{ ...common, rules, keys: new StaticKeys(labels.secret, secret) }];
  try {
    if (isSet(clerkPublishableKey)) {
      const clerk = readClerk(clerkPublishableKey, labels.clerkPublishableKey);
      return [
        {
          ...common,
          rules: { ...rules, issuers: [clerk.issuer], strict: true, type: 'JWT' },
          keys: remoteKeys(labels.clerkPublishableKey, clerk.jwksUrl, environment),
        },
      ];
    }
    if (isSet(jwksUrl)) {
      return [
        {
          ...common,
          rules: { ...rules, strict: true },
          keys: remoteKeys(labels.jwksUrl, requireUrl(jwksUrl, labels.jwksUrl), environment),
        },
      ];
    }
    return (issuers ?? []).map((issuer) => {
      const locate = (): Promise<string> => discoverJwksUrl(issuer, environment.fetch);
      requireUrl(issuer, labels.issuer);
      const keys = new JwksClient({ label: `${labels.issuer} (${issuer})`, locate, ...environment });
      return { ...common, rules: { ...rules, issuers: [issuer], strict: true }, keys };
    });
  } catch (error) {
    problems.push((error as Error).message);
    return [];
  }
}

function remoteKeys(label: string, url: string, environment: IssuerEnvironment): KeySource {
  return new JwksClient({
    label: `${label} (${new URL(url).host})`,
    locate: () => Promise.resolve(url),
    ...environment,
  });
}

function readClerk(publishableKey: string, label: string): ReturnType<typeof parseClerkPublishableKey> {
  try {
    return parseClerkPublishableKey(publishableKey);
  } catch (error) {
    throw new Error(`${label} cannot be used: it ${(error as Error).message}.`, { cause: error });
  }
}

function requireUrl(url: string, label: string): string {
  try {
    return requireTrustworthyUrl(url).href;
  } catch (error) {
    throw new Error(`${label} cannot be used: ${(error as Error).message}.`, { cause: error });
  }
}

/** A path that cannot be read must not quietly mean "no path", which would read claims from elsewhere: it finds nothing. */
function readClaimsPath(text: string | undefined, label: string, problems: string[]): ClaimsPath | undefined {
  if (!isSet(text)) return undefined;
  try {
    return parseClaimsPath(text.trim());
  } catch (error) {
    problems.push(`${label} cannot be used: the path ${(error as Error).message}.`);
    return ['__proto__'];
  }
}

function isSet(text: string | undefined): text is string {
  return text !== undefined && text.trim() !== '';
}
