/** One sentence for the log about why the server ended the connection, and one about what to do. */
import type { CloseReason, CloseType } from '@triplit/db/sync';

/** A client gives these reasons itself; servers have no cause to. */
type ClientCloseType = 'MANUAL_DISCONNECT' | 'CONNECTION_OVERRIDE' | 'NETWORK_OFFLINE';

const UNKNOWN = 'Look into the log of the server, and of whatever proxy is in front of it.';

const ADVICE: Readonly<Record<Exclude<CloseType, ClientCloseType>, string>> = {
  UNAUTHORIZED:
    'Check that the token is signed with a key that the server knows: TRIPLIT_EXTERNAL_JWT_SECRET for `triplit dev`, ' +
    'EXTERNAL_JWT_SECRET for a server of your own.',
  TOKEN_EXPIRED: 'Pass a refreshHandler to startSession, or call updateSessionToken before the token expires.',
  ROLES_MISMATCH: 'Start a new session with startSession for a token with other roles.',
  SCHEMA_MISMATCH: 'Push the schema to the server, or update the app.',
  LIMIT_EXCEEDED:
    'Use one client per app rather than one per component, and fewer or smaller messages at a time; or raise the limit ' +
    'in the settings of the server.',
  INTERNAL_ERROR: 'The cause is in the log of the server. Nothing that was written here is lost.',
  UNKNOWN,
};

export function describeRefusal({ type, retry, message }: CloseReason, serverUrl: string | undefined): string {
  const why = message ? `${type}: ${message}` : type;
  const sentence = `The server at ${serverUrl} ended the connection (${why.replace(/\.$/, '')}).`;
  return [
    sentence,
    (ADVICE as Partial<Record<CloseType, string>>)[type] ?? UNKNOWN,
    retry ? 'The client connects again by itself.' : undefined,
  ]
    .filter(Boolean)
    .join(' ');
}
