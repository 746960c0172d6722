/** What `triplit dev` prints when the server accepts connections. */
import colors from 'picocolors';
import type { ServerTokens } from './tokens.ts';

export interface BannerFacts {
  readonly url: string;
  /** Undefined when the tokens are signed with a private key that this process does not have. */
  readonly tokens: ServerTokens | undefined;
  readonly storage: string;
  readonly databaseFile: string | undefined;
  readonly verbose: boolean;
}

export function bannerLines({ url, tokens, storage, databaseFile, verbose }: BannerFacts): string[] {
  const row = (name: string, value: string): string => `  ${colors.bold(name.padEnd(17))} ${value}`;
  return [
    '',
    `${colors.bold(colors.magenta('TRIPLIT'))} development server`,
    '',
    row('Database URL', colors.cyan(url)),
    row('Storage', databaseFile ? `${storage} (${databaseFile})` : `${storage} (data is lost when the server stops)`),
    row('Service Token', tokens?.service ?? 'sign one with the private key of TRIPLIT_JWT_SECRET'),
    row('Anonymous Token', tokens?.anonymous ?? 'sign one with the private key of TRIPLIT_JWT_SECRET'),
    '',
    colors.bold(verbose ? 'Logs (verbose)' : 'Logs'),
  ];
}
