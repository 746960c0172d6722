/** Talks to a server with the service token. Every failure names the server and what to do about it. */
import { password, isCancel } from '@clack/prompts';
import type { Command } from 'commander';
import { CliFailure, explanationOf } from '../cli-failure.ts';
import { setting } from '../environment.ts';

export interface ServerFlags {
  readonly token?: string;
  readonly remote?: string;
}
export interface ServerClient {
  readonly url: string;
  /** Posts JSON and returns the parsed body; undefined for an empty one. */
  post(path: string, body: unknown): Promise<unknown>;
}

const DEFAULT_URL = 'http://localhost:6543';
const TIMEOUT_MS = 120_000;

export function addServerFlags(command: Command): Command {
  return command
    .option('-t, --token <token>', 'Service token. Default: TRIPLIT_SERVICE_TOKEN')
    .option('-r, --remote <url>', `Server URL. Default: TRIPLIT_DB_URL, else ${DEFAULT_URL}`);
}

/** Asks for the token on a terminal when neither the flag nor the environment has it. */
export async function serverClient(flags: ServerFlags): Promise<ServerClient> {
  const url = (flags.remote || setting(process.env, 'TRIPLIT_DB_URL') || DEFAULT_URL).replace(/\/+$/, '');
  if (!/^https?:\/\//.test(url)) {
    throw new CliFailure(
      `${JSON.stringify(url)} is not a server URL: it must start with http:// or https:// (--remote or TRIPLIT_DB_URL).`,
    );
  }
  const token = await serviceToken(flags.token);
  return { url, post: (path, body) => post(url, path, token, body) };
}

async function serviceToken(flag: string | undefined): Promise<string> {
  const token = flag || setting(process.env, 'TRIPLIT_SERVICE_TOKEN') || (await askForToken());
  if (!looksLikeJwt(token)) {
    throw new CliFailure(
      'The service token is not a JWT. Copy it whole from the output of `triplit dev` or from your server (--token or TRIPLIT_SERVICE_TOKEN).',
    );
  }
  return token;
}

async function askForToken(): Promise<string> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new CliFailure(
      'A service token is needed. Pass --token or set TRIPLIT_SERVICE_TOKEN (in .env, for example).',
    );
  }
  const answer = await password({
    message: 'Service Token',
    validate: (text) => (looksLikeJwt(text ?? '') ? undefined : 'Not a JWT'),
  });
  if (isCancel(answer)) throw new CliFailure('Cancelled.', 130);
  return answer;
}

function looksLikeJwt(text: string): boolean {
  const parts = text.trim().split('.');
  return parts.length === 3 && decodeJson(parts[1]!) !== undefined;
}

function decodeJson(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

async function post(url: string, path: string, token: string, body: unknown): Promise<unknown> {
  const response = await send(url, path, token, body);
  const text = await response.text();
  if (response.ok) return text === '' ? undefined : JSON.parse(text);
  const advice =
    response.status === 401 ? ' Pass the service token of that server: --token or TRIPLIT_SERVICE_TOKEN.' : '';
  throw new CliFailure(`${url}/${path} answered ${response.status}: ${errorMessage(text)}${advice}`);
}

async function send(url: string, path: string, token: string, body: unknown): Promise<Response> {
  try {
    return await fetch(`${url}/${path}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token.trim()}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(body ?? {}),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new CliFailure(
      `No response from ${url}. Check that the server runs (\`triplit dev\`) and that --remote or TRIPLIT_DB_URL points at it.`,
    );
  }
}

function errorMessage(text: string): string {
  try {
    const { message, name, ...body } = JSON.parse(text) as { message?: string; name?: string };
    return message === undefined ? (name ?? text) : explanationOf({ ...body, message });
  } catch {
    return text || 'no explanation';
  }
}
