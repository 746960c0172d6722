/**
 * Why a connection is closed: the payload of `CLOSE` messages and, as JSON text, the reason of the WebSocket close frame.
 * A reason must stay under 123 bytes, so it never carries the message.
 */
import { isRecord } from './super-json.ts';

export type CloseType =
  | 'MANUAL_DISCONNECT'
  | 'CONNECTION_OVERRIDE'
  | 'NETWORK_OFFLINE'
  | 'ROLES_MISMATCH'
  | 'TOKEN_EXPIRED'
  | 'SCHEMA_MISMATCH'
  | 'UNAUTHORIZED'
  | 'INTERNAL_ERROR'
  | 'LIMIT_EXCEEDED'
  | 'UNKNOWN';

export interface CloseReason {
  readonly type: CloseType;
  /** Whether the other side should connect again by itself. */
  readonly retry: boolean;
  readonly message?: string;
}

export const CLOSE_CODES = {
  NORMAL: 1000,
  POLICY_VIOLATION: 1008,
  MESSAGE_TOO_BIG: 1009,
  INTERNAL_ERROR: 1011,
  TRY_AGAIN_LATER: 1013,
} as const;

/** The code that a server closes the socket with. Clients decide by the reason and never by the code. */
export function closeCode(type: CloseType): number {
  if (type === 'INTERNAL_ERROR') return CLOSE_CODES.INTERNAL_ERROR;
  return type === 'LIMIT_EXCEEDED' ? CLOSE_CODES.TRY_AGAIN_LATER : CLOSE_CODES.POLICY_VIOLATION;
}

/** The close types that a client reports as session errors. */
export type SessionErrorType = 'ROLES_MISMATCH' | 'TOKEN_EXPIRED' | 'SCHEMA_MISMATCH' | 'UNAUTHORIZED';

export function isSessionErrorType(type: CloseType): type is SessionErrorType {
  return type === 'ROLES_MISMATCH' || type === 'TOKEN_EXPIRED' || type === 'SCHEMA_MISMATCH' || type === 'UNAUTHORIZED';
}

export function closeReasonText({ type, retry }: CloseReason): string {
  return JSON.stringify({ type, retry });
}

/** Undefined for an empty reason (network loss, a proxy): that carries no decision. Text of others counts as retryable. */
export function parseCloseReason(text: string): CloseReason | undefined {
  if (text === '') return undefined;
  try {
    const reason: unknown = JSON.parse(text);
    if (isRecord(reason) && typeof reason['type'] === 'string') {
      return { type: reason['type'] as CloseType, retry: Boolean(reason['retry']) };
    }
  } catch {
    // Not ours; falls through.
  }
  return { type: 'UNKNOWN', retry: true };
}
