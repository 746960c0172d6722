/** `triplit init`: adds Triplit to a project. Safe to run again: it adds what is missing and changes nothing else. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { addBooleanFlag } from '../boolean-flag.ts';
import { CliFailure } from '../cli-failure.ts';
import { detectPackageManager, installCommand, runInstall } from '../init/package-manager.ts';
import {
  extendEnvironmentFile,
  extendIgnoreFile,
  extendPackageFile,
  writeClient,
  writeSchema,
} from '../init/project-files.ts';
import type { AppEnvironment, FileOutcome } from '../init/project-files.ts';
import { print, printInfo, printSuccess } from '../output.ts';

interface InitFlags {
  readonly framework?: string;
  readonly install: boolean;
}
interface Manifest {
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
}

const FRAMEWORKS = ['react', 'svelte', 'vue', 'angular', 'solid'];
/** Those that there are bindings for. The others are told apart by how they hand environment values over. */
const BINDINGS = ['react'];

export function initCommand(): Command {
  const command = new Command('init')
    .description('Add Triplit to this project')
    .addOption(new Option('-f, --framework <name>', 'Install the bindings of a framework').choices(FRAMEWORKS));
  addBooleanFlag(command, '--install', 'Install the packages (--no-install only writes files)', true);
  return command.action((flags: InitFlags) => {
    const folder = process.cwd();
    writeFiles(folder, flags);
    if (flags.install) install(folder, flags);
    print();
    print('Next: `npx triplit dev` starts the server. It applies changes to triplit/schema.ts while it runs.');
  });
}

function writeFiles(folder: string, flags: InitFlags): void {
  const environment = appEnvironment(readManifest(folder), flags.framework);
  report('package.json', extendPackageFile(folder));
  report('triplit/schema.ts', writeSchema(folder));
  report('triplit/client.ts', writeClient(folder, environment));
  const environmentFile = extendEnvironmentFile(folder, environment);
  report('.env', environmentFile);
  report('.gitignore', extendIgnoreFile(folder, { environmentFile: environmentFile === 'created' }));
}

function report(file: string, outcome: FileOutcome): void {
  if (outcome === 'unchanged') printInfo(`${file} is there already and was left as it is`);
  else printSuccess(`${outcome === 'created' ? 'Created' : 'Added to'} ${file}`);
}

function install(folder: string, flags: InitFlags): void {
  const present = installed(readManifest(folder));
  const { framework } = flags;
  const hasBindings = framework !== undefined && BINDINGS.includes(framework);
  if (framework !== undefined && !hasBindings) {
    printInfo(
      `There are no bindings for ${framework} yet. \`triplit.subscribe\` of triplit/client.ts serves live queries.`,
    );
  }
  const wanted = ['@triplit/client', ...(hasBindings ? [`@triplit/${framework}`] : [])];
  const manager = detectPackageManager(folder);
  for (const [packages, dev] of [
    [wanted, false],
    [['@triplit/cli'], true],
  ] as const) {
    const missing = packages.filter((name) => !(name in present));
    if (missing.length === 0) continue;
    const command = installCommand(manager, missing, { dev });
    if (runInstall(command, folder)) printSuccess(`Installed ${missing.join(', ')}`);
    else
      throw new CliFailure(
        `The files are written, but installing ${missing.join(', ')} failed. Run \`${command.join(' ')}\` yourself.`,
      );
  }
}

/** Frameworks with their own way of handing over environment values come first; any other bundler is taken for Vite. */
function appEnvironment(manifest: Manifest, framework: string | undefined): AppEnvironment {
  const present = installed(manifest);
  if ('next' in present) return 'next';
  if ('@sveltejs/kit' in present) return 'sveltekit';
  if (framework === 'angular' || '@angular/core' in present) return 'none';
  return framework !== undefined || 'vite' in present ? 'vite' : 'none';
}

function installed({ dependencies, devDependencies }: Manifest): Record<string, string> {
  return { ...dependencies, ...devDependencies };
}

function readManifest(folder: string): Manifest {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return {};
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  } catch (error) {
    throw new CliFailure(
      `package.json is not valid JSON (${(error as Error).message}). Mend it and run \`triplit init\` again.`,
    );
  }
}
