/** A real Chromium for the browser tests. Every context it opens is one person's browser; pages log their errors. */
import { chromium } from 'playwright-core';
import type { Browser, BrowserContext } from 'playwright-core';
import { findBrowser } from '../../../tools/ensure-browser.mjs';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: requireBrowser(), headless: true, args: flags });
}

/** A browser that keeps its data on the disk, with what comes of that: quotas, for example. */
export async function launchChromiumOnDisk(folder: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(folder, { executablePath: requireBrowser(), headless: true, args: flags });
}

function requireBrowser(): string {
  const executablePath = findBrowser();
  if (!executablePath) throw new Error('No Chromium was found. Run `node tools/ensure-browser.mjs` first.');
  return executablePath;
}
