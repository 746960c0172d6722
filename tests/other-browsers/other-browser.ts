/** What the tests ask of a browser that Playwright cannot drive as its makers ship it. */

export interface OtherBrowser {
  /** Opens a tab that shares its data with the others of this browser. */
  open(url: string): Promise<OtherPage>;
  close(): Promise<void>;
}

export interface OtherPage {
  /** The value of an expression in the page, or what the promise that it is settles with, as JSON. */
  evaluate(expression: string): Promise<unknown>;
  /** Loads the address anew. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** An expression that hands over the JSON of the value, or why there is none: drivers pass on texts best. */
export function asText(expression: string): string {
  return `(async () => JSON.stringify({ value: await (${expression}) }))().catch((error) => JSON.stringify({ error: String(error) }))`;
}

export function valueOf(text: unknown): unknown {
  const { value, error } = JSON.parse(String(text)) as { value?: unknown; error?: string };
  if (error !== undefined) throw new Error(`In the page: ${error}`);
  return value;
}
