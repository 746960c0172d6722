/** Somebody using the app in a browser of their own, in the words of the interface. */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';

const screenshotFolder = fileURLToPath(new URL('../../../test-results/screenshots/', import.meta.url));
const SIGN_IN_TIMEOUT_MS = 30_000;

export class Person {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the browser's console said, for tests about what the client logs. */
  readonly console: string[] = [];
  /** How many sync sockets this page has opened so far. */
  sockets = 0;

  private constructor(context: BrowserContext, page: Page) {
    this.context = context;
    this.page = page;
    page.on('console', (message) => this.console.push(message.text()));
    page.on('pageerror', (error) => this.console.push(`uncaught: ${error.message}`));
    page.on('websocket', () => {
      this.sockets += 1;
    });
  }

  static async signIn(browser: Browser, origin: string, firstName: string): Promise<Person> {
    const context = await browser.newContext({ viewport: { width: 960, height: 720 } });
    const person = new Person(context, await context.newPage());
    await person.page.goto(origin);
    await person.page.getByRole('button', { name: new RegExp(`^${firstName} `) }).click();
    await person.signedInAs(firstName);
    return person;
  }

  async signedInAs(firstName: string): Promise<void> {
    const button = this.page.getByRole('button', { name: new RegExp(`^Signed in as ${firstName} `) });
    await button.waitFor({ timeout: SIGN_IN_TIMEOUT_MS });
  }

  async chooseInUserMenu(item: string): Promise<void> {
    await this.page.getByRole('button', { name: /^Signed in as/ }).click();
    await this.page.getByRole('menuitem', { name: item }).click();
  }

  async online(): Promise<void> {
    await this.page.locator('.pill.online').waitFor({ timeout: SIGN_IN_TIMEOUT_MS });
  }

  /** Waits until nothing is left to send. */
  async sent(): Promise<void> {
    await this.online();
    await this.page.locator('.pill .waiting').waitFor({ state: 'detached', timeout: SIGN_IN_TIMEOUT_MS });
  }

  async add(text: string, visibility: 'private' | 'public' = 'private'): Promise<void> {
    const composer = this.page.locator('.composer');
    await composer.getByText(visibility === 'public' ? 'Public' : 'Private', { exact: true }).click();
    await composer.getByLabel('New todo').fill(text);
    await composer.getByRole('button', { name: 'Add' }).click();
  }

  todo(text: string): Locator {
    return this.page.locator('li.todo').filter({ hasText: text });
  }

  async sees(text: string, timeout = 15_000): Promise<void> {
    await this.todo(text).first().waitFor({ timeout });
  }

  async seesNoMore(text: string, timeout = 15_000): Promise<void> {
    await this.todo(text).first().waitFor({ state: 'detached', timeout });
  }

  async texts(): Promise<string[]> {
    return this.page.locator('li.todo .todo-text').allInnerTexts();
  }

  async rename(from: string, to: string): Promise<void> {
    await this.todo(from).locator('button.todo-text').click();
    const field = this.page.getByLabel('Edit todo');
    await field.fill(to);
    await field.press('Enter');
  }

  async makeIt(text: string, visibility: 'private' | 'public'): Promise<void> {
    await this.todo(text)
      .getByRole('button', { name: `Make it ${visibility}` })
      .click();
  }

  async setDone(text: string): Promise<void> {
    await this.todo(text).getByRole('checkbox').click();
  }

  async delete(text: string): Promise<void> {
    await this.todo(text).getByRole('button', { name: 'Delete' }).click();
  }

  async breakTheRules(text: string, how: RegExp): Promise<void> {
    await this.todo(text).getByRole('button', { name: 'Break the rules' }).click();
    await this.page.getByRole('menuitem', { name: how }).click();
  }

  async goOffline(): Promise<void> {
    await this.context.setOffline(true);
  }

  async goOnline(): Promise<void> {
    await this.context.setOffline(false);
  }

  async screenshot(name: string): Promise<void> {
    mkdirSync(screenshotFolder, { recursive: true });
    await this.page.screenshot({ path: `${screenshotFolder}${name}.png`, animations: 'disabled' });
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}
