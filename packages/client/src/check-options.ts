/** What an application gives of the wrong type is refused at once: what it leads to later says nothing about it. */
import { TriplitError } from '@triplit/db';
import type { CollectionQuery } from '@triplit/db';
import type { TokenRefreshOptions } from './session/token-refresher.ts';

/** What `typeof` says of an option, or the texts that it is one of. */
const EXPECTED: Readonly<Record<string, string | readonly string[]>> = {
  schema: 'object',
  roles: 'object',
  token: 'string',
  serverUrl: 'string',
  autoConnect: 'boolean',
  variables: 'object',
  claimsPath: 'string',
  defaultQueryOptions: 'object',
  onSessionError: 'function',
  refreshOptions: 'object',
  logLevel: 'string',
  logger: 'object',
  transport: 'object',
  syncSchema: 'boolean',
  pingInterval: 'number',
  rejectedWrites: ['rollback', 'keep'],
  experimental: 'object',
};

/** The options that were given. Null counts as not given. */
export function givenOptions<O extends { readonly refreshOptions?: TokenRefreshOptions }>(options: O): O {
  const given = Object.entries(options).filter(([, value]) => value !== null);
  for (const [name, value] of given) if (value !== undefined) requireOption(name, value);
  requireRefreshOptions(options.refreshOptions);
  return Object.fromEntries(given) as O;
}

/** Throws a `TriplitError` that says what the option must be. */
export function requireOption(name: string, value: unknown): void {
  const expected = EXPECTED[name];
  if (expected === undefined || expected === typeof value || expected.includes(value as string)) return;
  const what =
    value instanceof Promise ? 'a promise, which has to be awaited' : (JSON.stringify(value) ?? typeof value);
  const wanted = typeof expected === 'string' ? `of the type ${expected}` : expected.join(' or ');
  throw new TriplitError(`${name} must be ${wanted}. It is ${what}.`, 'Invalid client option.');
}

/** Of what is no query at all, the database says what is missing. */
export const queryOf = (query: unknown): CollectionQuery => (query ?? {}) as CollectionQuery;

export function requireRefreshOptions(options: TokenRefreshOptions | null | undefined): void {
  if (options == null) return;
  if (typeof options.refreshHandler === 'function' && (options.interval ?? 0) >= 0) return;
  throw new TriplitError(
    'refreshOptions must be { refreshHandler, interval }: a function that returns a promise of a token and, if wanted, a number of milliseconds.',
    'Invalid client option.',
  );
}
