/** Which web pages may use the server. Access to data is decided by tokens alone; this keeps other people's pages out. */

export class AllowedOrigins {
  readonly #origins: ReadonlySet<string> | undefined;

  /** `origins`: such as `https://app.example.com`. Undefined, or one that is `*`: every page. */
  constructor(origins: readonly string[] | undefined) {
    const allowed = origins?.map((origin) => origin.trim().replace(/\/+$/, '').toLowerCase());
    this.#origins = !allowed || allowed.includes('*') ? undefined : new Set(allowed);
  }

  /** `origin`: the header `Origin`. Programs that are no browser send none, and are not kept out. */
  allows(origin: string | null | undefined): boolean {
    return this.#origins === undefined || origin == null || this.#origins.has(origin.toLowerCase());
  }

  /** Lets the page of the origin read a response, or keeps that from it. */
  headersFor(origin: string | null): Readonly<Record<string, string>> {
    if (this.#origins === undefined) return { 'Access-Control-Allow-Origin': '*' };
    const vary = { Vary: 'Origin' };
    return origin !== null && this.allows(origin) ? { ...vary, 'Access-Control-Allow-Origin': origin } : vary;
  }
}
