/** Tabs of one real browser on one origin, and a way to take each away. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchChromium, launchChromiumOnDisk } from '../support/chromium.ts';
import { ClientTab } from './client-tab.ts';
import { Site } from './site.ts';
import type { Kind } from './site.ts';

export class Tabs {
  readonly site: Site;
  readonly browser: Browser;
  context!: BrowserContext;

  private constructor(site: Site, browser: Browser) {
    this.site = site;
    this.browser = browser;
  }

  static async start(): Promise<Tabs> {
    const tabs = new Tabs(await Site.start(), await launchChromium());
    await tabs.renew();
    return tabs;
  }

  /** A browser without data; with a disk, if a folder is named. */
  async renew(folder?: string): Promise<void> {
    await this.context?.close();
    this.context = await (folder === undefined ? this.browser.newContext() : launchChromiumOnDisk(folder));
    await this.site.clearServer();
  }

  async open(kind: Kind = 'tab', options: object = {}, prepare?: (page: Page) => Promise<unknown>): Promise<Tab> {
    const page = await this.context.newPage();
    const tab = new Tab(page);
    await prepare?.(page);
    await tab.load(this.site.origin, kind, { ...this.site.clientOptions, ...options });
    return tab;
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.site.close();
  }
}

export class Tab extends ClientTab {
  readonly page: Page;
  readonly console: string[] = [];
  sockets = 0;
  #load: [origin: string, kind: Kind, options: object] | undefined;

  constructor(page: Page) {
    super();
    this.page = page;
    page.on('console', (message) => this.console.push(message.text()));
    page.on('pageerror', (error) => this.console.push(`uncaught: ${error.message}`));
    page.on('websocket', () => this.sockets++);
  }

  async load(origin: string, kind: Kind, options: object): Promise<void> {
    this.#load = [origin, kind, options];
    await this.page.goto(origin);
    await this.page.evaluate(([how, given]) => (globalThis as any).openClient(how, given), [kind, options] as const);
  }

  async reload(): Promise<void> {
    await this.load(...this.#load!);
  }

  run<T>(code: string): Promise<T> {
    return this.page.evaluate(`(async () => { ${code} })()`) as Promise<T>;
  }

  /** The process of the tab ends without a word, as when the system takes its memory. */
  async crash(): Promise<void> {
    const session = await this.page.context().newCDPSession(this.page);
    const crashed = new Promise((resolve) => this.page.once('crash', resolve));
    session.send('Page.crash').catch(() => undefined);
    await crashed;
  }
}
