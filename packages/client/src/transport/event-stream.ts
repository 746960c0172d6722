/** Reads a body of the type `text/event-stream` event by event. https://html.spec.whatwg.org/#event-stream-interpretation */

export interface ServerSentEvent {
  readonly type: string;
  readonly data: string;
}

/** Ends with the body; what the last event lacks is dropped. Rejects when the body fails. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerSentEvent, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  /** Of the line that is not complete yet. */
  let pieces: string[] = [];
  let type = '';
  let data: string[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const text = decoder.decode(value, { stream: true });
    pieces.push(text);
    if (!/[\r\n]/.test(text)) continue;
    // A carriage return at the end may be the first half of a line end.
    const lines = pieces.join('').split(/\r\n|\n|\r(?!$)/);
    pieces = [lines.pop()!];
    for (const line of lines) {
      const { name, value: content } = fieldIn(line);
      if (line === '') {
        if (data.length > 0) yield { type: type || 'message', data: data.join('\n') };
        type = '';
        data = [];
      } else if (name === 'data') data.push(content);
      else if (name === 'event') type = content;
    }
  }
}

/** A line that begins with a colon is a comment: a field without a name. */
function fieldIn(line: string): { readonly name: string; readonly value: string } {
  const colon = line.indexOf(':');
  if (colon < 0) return { name: line, value: '' };
  return { name: line.slice(0, colon), value: line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1) };
}
