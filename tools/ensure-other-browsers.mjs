/**
 * Finds Firefox and WebKit for `npm run test:other-browsers`, or installs those of Debian. As a module it only looks.
 * `FIREFOX_PATH` wins over what is found.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const packages = ['firefox-esr', 'webkit2gtk-driver', 'xvfb', 'xauth'];

/** Path of the program, or undefined. */
export function findFirefox() {
  return process.env.FIREFOX_PATH ?? inPath('firefox') ?? inPath('firefox-esr');
}

/** Paths of the driver and of the browser that it drives, or undefined when one is missing, or the display for them. */
export function findWebKit() {
  const driver = inPath('WebKitWebDriver');
  const browser = miniBrowser();
  return driver && browser && inPath('xvfb-run') ? { driver, browser } : undefined;
}

function inPath(command) {
  const paths = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return paths.map((folder) => join(folder, command)).find((path) => existsSync(path));
}

function miniBrowser() {
  for (const root of ['/usr/lib', '/usr/libexec']) {
    const folders = existsSync(root) ? readdirSync(root) : [];
    for (const folder of ['', ...folders.filter((name) => name.includes('linux'))])
      for (const version of ['webkit2gtk-4.1', 'webkitgtk-6.0', 'webkit2gtk-4.0']) {
        const path = join(root, folder, version, 'MiniBrowser');
        if (existsSync(path)) return path;
      }
  }
  return undefined;
}

function main() {
  const areThere = () => findFirefox() && findWebKit();
  if (!areThere() && existsSync('/etc/debian_version') && process.getuid?.() === 0) {
    console.log(`Installing ${packages.join(', ')} …`);
    const options = { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
    spawnSync('apt-get', ['update', '-q'], options);
    spawnSync('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages], options);
  }
  if (areThere()) return;
  console.error(
    'These tests need Firefox, and WebKitWebDriver with its MiniBrowser and xvfb-run. Install them (on Debian and Ubuntu: ' +
      `apt-get install ${packages.join(' ')}), then run the tests again.`,
  );
  process.exitCode = 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
