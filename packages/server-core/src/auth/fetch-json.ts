/**
 * Fetches a small JSON document of a token issuer: over HTTPS (plain HTTP on this machine only), within a time, up to a
 * size, and never from another host than the one that was asked.
 */
export const FETCH_TIMEOUT_MS = 5000;
export const MAX_DOCUMENT_BYTES = 64 * 1024;
const MAX_REDIRECTS = 3;

export type Fetch = (
  url: string,
  init: { redirect: 'manual'; signal: AbortSignal; headers: Record<string, string> },
) => Promise<Response>;

/** Throws an Error whose message completes "the document cannot be had: …". */
export async function fetchJson(
  url: string,
  fetch: Fetch,
  timeoutMs = FETCH_TIMEOUT_MS,
): Promise<Record<string, unknown>> {
  const signal = AbortSignal.timeout(timeoutMs);
  let target = requireTrustworthyUrl(url);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const response = await request(target, fetch, signal, timeoutMs);
    if (response.status >= 300 && response.status < 400) {
      await response.body?.cancel();
      target = followRedirect(target, response.headers.get('location'));
      continue;
    }
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`${target.host} answered with status ${response.status}`);
    }
    return parseObject(await readText(response, target, timeoutMs), target);
  }
  throw new Error(`${target.host} redirects more than ${MAX_REDIRECTS} times`);
}

/** Throws when the URL is not one, or would send the request in the clear. */
export function requireTrustworthyUrl(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch (error) {
    throw new Error('it is not a URL', { cause: error });
  }
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))) return url;
  throw new Error(`${url.host || 'the URL'} must be asked over https (http is for this machine only)`);
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname)
  );
}

async function request(url: URL, fetch: Fetch, signal: AbortSignal, timeoutMs: number): Promise<Response> {
  try {
    return await fetch(url.href, { redirect: 'manual', signal, headers: { accept: 'application/json' } });
  } catch (error) {
    throw new Error(
      `${url.host} ${signal.aborted ? `did not answer within ${timeoutMs / 1000} seconds` : 'cannot be reached'}`,
      { cause: error },
    );
  }
}

function followRedirect(from: URL, location: string | null): URL {
  if (location === null) throw new Error(`${from.host} redirects to nowhere`);
  const to = requireTrustworthyUrl(new URL(location, from).href);
  if (to.host !== from.host) throw new Error(`${from.host} redirects to another host`);
  return to;
}

async function readText(response: Response, url: URL, timeoutMs: number): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return '';
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      size += value.byteLength;
      if (size > MAX_DOCUMENT_BYTES) break;
      text += decoder.decode(value, { stream: true });
    }
  } catch (error) {
    throw new Error(`${url.host} broke off, or took more than ${timeoutMs / 1000} seconds`, { cause: error });
  }
  await reader.cancel();
  throw new Error(`${url.host} sent more than ${MAX_DOCUMENT_BYTES} bytes`);
}

function parseObject(text: string, url: URL): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Refused below.
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Error(`${url.host} did not send a JSON object`);
}
