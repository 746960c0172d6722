/** Who is signed in where. A browser is known by an id that it keeps in a cookie, and has at most one session. */

export interface StandInSession {
  readonly id: string;
  readonly userId: string;
  readonly signedInAt: number;
}

export interface StandInBrowser {
  readonly id: string;
  readonly clientId: string;
  readonly createdAt: number;
  session: StandInSession | undefined;
}

/** Plain data, so that a development server can keep its users signed in over a restart. */
export type BrowserRegistryState = readonly StandInBrowser[];

/** The oldest browsers are forgotten beyond this, so that a long-lived development server does not grow. */
const MAX_BROWSERS = 1_000;

export class BrowserRegistry {
  readonly #browsers = new Map<string, StandInBrowser>();
  readonly #onChange: () => void;

  constructor(state: BrowserRegistryState, onChange: () => void) {
    for (const browser of state) this.#browsers.set(browser.id, { ...browser });
    this.#onChange = onChange;
  }

  register(): StandInBrowser {
    const browser: StandInBrowser = {
      id: `dvb_${identifier()}`,
      clientId: `client_${identifier()}`,
      createdAt: Date.now(),
      session: undefined,
    };
    this.#browsers.set(browser.id, browser);
    for (const oldest of this.#browsers.keys()) {
      if (this.#browsers.size <= MAX_BROWSERS) break;
      this.#browsers.delete(oldest);
    }
    this.#onChange();
    return browser;
  }

  find(id: string | undefined): StandInBrowser | undefined {
    return id === undefined ? undefined : this.#browsers.get(id);
  }

  signIn(browser: StandInBrowser, userId: string): StandInSession {
    const session: StandInSession = { id: `sess_${identifier()}`, userId, signedInAt: Date.now() };
    browser.session = session;
    this.#onChange();
    return session;
  }

  signOut(browser: StandInBrowser): StandInSession | undefined {
    const { session } = browser;
    browser.session = undefined;
    this.#onChange();
    return session;
  }

  state(): BrowserRegistryState {
    return [...this.#browsers.values()].map((browser) => ({ ...browser }));
  }
}

export function identifier(): string {
  return crypto.randomUUID().replaceAll('-', '');
}
