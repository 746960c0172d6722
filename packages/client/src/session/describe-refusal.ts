/** One sentence for the log about why the server ended the connection, and one about what to do. */
import type { CloseReason, CloseType } from '@triplit/db/sync';

const ADVICE: Partial<Record<CloseType, string>> = {
  UNAUTHORIZED:
    'Check that the token is signed with a key that the server knows: TRIPLIT_EXTERNAL_JWT_SECRET for `triplit dev`, ' +
    'EXTERNAL_JWT_SECRET for a server of your own.',
  TOKEN_EXPIRED: 'Pass a refreshHandler to startSession, or call updateSessionToken before the token expires.',
  ROLES_MISMATCH: 'Start a new session with startSession for a token with other roles.',
  SCHEMA_MISMATCH: 'Push the schema to the server, or update the app.',
};

export function describeRefusal({ type, retry, message }: CloseReason, serverUrl: string | undefined): string {
  const why = message ? `${type}: ${message}` : type;
  const sentence = `The server at ${serverUrl} ended the connection (${why.replace(/\.$/, '')}).`;
  return [sentence, ADVICE[type], retry ? 'The client connects again by itself.' : undefined].filter(Boolean).join(' ');
}
