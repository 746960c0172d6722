/** What other tools may use of the command line package: run it in process, and mint the development tokens. */
export { runCommandLine } from './run-command-line.ts';
export { CliFailure } from './cli-failure.ts';
export { DEVELOPMENT_JWT_SECRET, DEVELOPMENT_PROJECT_ID, mintServerTokens } from './dev/tokens.ts';
export type { ServerTokens } from './dev/tokens.ts';
