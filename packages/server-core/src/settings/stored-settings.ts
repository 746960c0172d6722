/** The settings that can be changed while the server runs, as they are stored and as they come in. */
import type { IssuerSettings } from '../auth/auth-settings.ts';
import { defaultLimits } from '../limits/limits.ts';
import type { ServerLimits } from '../limits/limits.ts';
import { requestFailure } from '../http/request-failure.ts';

export interface StoredSettings {
  readonly externalJwtSecret?: string;
  readonly claimsPath?: string;
  readonly issuers?: readonly IssuerSettings[];
  readonly corsOrigins?: readonly string[];
  readonly limits?: Partial<ServerLimits>;
}

/** In changes, null takes a setting back. */
export type SettingsChange = { readonly [Name in keyof StoredSettings]?: StoredSettings[Name] | null };

const ISSUER_TEXTS = ['name', 'issuer', 'secret', 'jwksUrl', 'clerkPublishableKey', 'claimsPath'];
const ISSUER_LISTS = ['issuer', 'audience', 'authorizedParties'];

const isText = (value: unknown): boolean => typeof value === 'string' && value.trim() !== '';
const isTextList = (value: unknown): boolean => Array.isArray(value) && value.every(isText);

const checks: { readonly [Name in keyof Required<StoredSettings>]: (value: unknown) => string | undefined } = {
  externalJwtSecret: (value) => (isText(value) ? undefined : 'is no text'),
  claimsPath: (value) => (isText(value) ? undefined : 'is no text'),
  corsOrigins: (value) => (isTextList(value) ? undefined : 'is no list of origins'),
  issuers: (value) => (Array.isArray(value) ? firstProblem(value, problemOfIssuer) : 'is no list'),
  limits: (value) => (isObject(value) ? firstProblem(Object.entries(value), problemOfLimit) : 'is no object'),
};

export const SETTINGS = Object.keys(checks) as (keyof StoredSettings)[];

/** Throws a TriplitError with status 400 that names the setting. */
export function parseSettingsChange(change: unknown): SettingsChange {
  if (!isObject(change)) throw requestFailure(400, 'The request has no settings. Send { settings: { name: value } }.');
  for (const [name, value] of Object.entries(change)) {
    if (!Object.hasOwn(checks, name))
      throw requestFailure(400, `There is no setting '${name}'. The settings are ${SETTINGS.join(', ')}.`);
    const problem = value === null ? undefined : checks[name as keyof StoredSettings](value);
    if (problem !== undefined) throw requestFailure(400, `The setting '${name}' ${problem}.`);
  }
  return change as SettingsChange;
}

function problemOfIssuer(issuer: unknown): string | undefined {
  if (!isObject(issuer)) return 'has an issuer that is no object';
  for (const [name, value] of Object.entries(issuer)) {
    const isFine =
      (ISSUER_TEXTS.includes(name) && isText(value)) ||
      (ISSUER_LISTS.includes(name) && (isText(value) || isTextList(value)));
    if (!isFine) return `has an issuer whose '${name}' is unknown or no text`;
  }
  const { issuer: iss, secret, jwksUrl, clerkPublishableKey } = issuer;
  if ((iss ?? secret ?? jwksUrl ?? clerkPublishableKey) === undefined)
    return 'has an issuer without a secret, a jwksUrl, a clerkPublishableKey or an issuer';
  return undefined;
}

function problemOfLimit([name, value]: readonly [string, unknown]): string | undefined {
  if (!Object.hasOwn(defaultLimits, name) || typeof defaultLimits[name as keyof ServerLimits] !== 'number')
    return `has no limit '${name}' that could be changed`;
  const isFine = value === null || (typeof value === 'number' && Number.isFinite(value) && value > 0);
  return isFine ? undefined : `has a limit '${name}' that is no number above 0`;
}

function firstProblem<T>(items: readonly T[], problemOf: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const problem = problemOf(item);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
