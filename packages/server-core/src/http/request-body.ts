/** Reads the body of a request, never more of it than the limit of its route. */
import { isObject } from './is-object.ts';
import { requestFailure } from './request-failure.ts';
import type { ServerLimits } from '../limits/limits.ts';
import type { RouteBody } from './route.ts';

const BYTES_PER_MEGABYTE = 1024 * 1024;

/** Told how many bytes came beyond those that the request announced. What it throws ends the reading. */
type CountMore = (bytes: number) => void;

/** The parameters of a route. Throws a TriplitError with the status of the answer. */
export async function readParams(
  request: Request,
  body: RouteBody,
  limits: ServerLimits,
  countMore: CountMore,
): Promise<unknown> {
  switch (body) {
    case 'none':
      return {};
    case 'json':
      return (await readJson(request, limits.requestBodyBytes, countMore)) ?? {};
    case 'bulk': {
      const params = await readJson(request, limits.bulkBodyMegabytes * BYTES_PER_MEGABYTE, countMore);
      if (params === undefined) throw requestFailure(400, 'The body of the request is not valid JSON.');
      return requireObject(params);
    }
    case 'form':
      return requireObject(await readForm(request, limits.bulkBodyMegabytes * BYTES_PER_MEGABYTE, countMore));
  }
}

/** What is no object holds no collections: taking it for an empty one would store nothing and call that a success. */
function requireObject(params: unknown): object {
  if (!isObject(params)) throw requestFailure(400, 'The entities are not an object of lists, one for each collection.');
  return params;
}

/** Undefined when there is no body, or one that is not JSON. */
async function readJson(request: Request, maxBytes: number, countMore: CountMore): Promise<unknown> {
  const text = new TextDecoder().decode(await readBytes(request, maxBytes, countMore));
  return parseJson(text);
}

async function readForm(request: Request, maxBytes: number, countMore: CountMore): Promise<unknown> {
  const bytes = await readBytes(request, maxBytes, countMore);
  const form = await new Response(bytes, { headers: { 'Content-Type': request.headers.get('Content-Type') ?? '' } })
    .formData()
    .catch(() => undefined);
  if (!form)
    throw requestFailure(400, "The body of the request is not 'multipart/form-data' with a field named 'data'.");
  const data = form.get('data');
  if (data === null) throw requestFailure(400, 'No data provided for file upload');
  const params = parseJson(typeof data === 'string' ? data : await data.text());
  if (params === undefined) throw requestFailure(400, "The field 'data' is not valid JSON.");
  return params;
}

async function readBytes(request: Request, maxBytes: number, countMore: CountMore): Promise<Uint8Array<ArrayBuffer>> {
  const tooLarge = () =>
    requestFailure(413, `Body too large, max size is ${Math.floor(maxBytes / BYTES_PER_MEGABYTE)} MB`);
  const announced = Number(request.headers.get('Content-Length') ?? 0);
  if (announced > maxBytes) throw tooLarge();
  if (!request.body) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      // Whoever hangs up in the middle is no fault of the server, and hears no answer.
      throw requestFailure(400, 'The body of the request ended before it was complete.');
    });
    if (done) break;
    const before = size;
    size += value.byteLength;
    try {
      if (size > maxBytes) throw tooLarge();
      if (size > announced) countMore(size - Math.max(before, announced));
    } catch (error) {
      await reader.cancel();
      throw error;
    }
    chunks.push(value);
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
