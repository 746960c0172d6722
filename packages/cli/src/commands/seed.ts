/** `triplit seed create | run`: seed modules of the project, each inserted in one transaction. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { isCancel, multiselect } from '@clack/prompts';
import { Command } from 'commander';
import { addBooleanFlag } from '../boolean-flag.ts';
import { CliFailure } from '../cli-failure.ts';
import { print, printError, printInfo, printSuccess } from '../output.ts';
import { findSeed, listSeeds, readSeed, seedFolder } from '../project/seed-files.ts';
import { addServerFlags, serverClient } from '../remote/server-client.ts';
import type { ServerClient, ServerFlags } from '../remote/server-client.ts';
import { addSchemaFlags, localSchema } from './schema.ts';

export function seedCommand(): Command {
  return new Command('seed')
    .description('Fill a database with seed data')
    .addCommand(createCommand())
    .addCommand(runCommand());
}

function createCommand(): Command {
  const command = new Command('create')
    .description('Write a seed file')
    .argument('[filename]', 'Name of the seed', 'seed');
  return addSchemaFlags(command).action(
    async (name: string, flags: { schemaPath?: string; requireSchema?: boolean }) => {
      if (!/^[\w.-]+$/.test(name))
        throw new CliFailure(
          `${JSON.stringify(name)} is not a file name for a seed: use letters, digits, dots and dashes.`,
        );
      const file = join(seedFolder(process.cwd()), name.endsWith('.ts') ? name : `${name}.ts`);
      const shown = relative(process.cwd(), file);
      if (existsSync(file)) throw new CliFailure(`${shown} exists already and was left as it is. Choose another name.`);
      const schema = await localSchema(flags);
      mkdirSync(seedFolder(process.cwd()), { recursive: true });
      writeFileSync(file, seedSource(schema ? Object.keys(schema.collections) : undefined));
      printSuccess(`Wrote ${shown}. Run it with \`triplit seed run ${basename(file, '.ts')}\`.`);
    },
  );
}

function seedSource(collections: readonly string[] | undefined): string {
  const imports = collections
    ? "import type { BulkInsert } from '@triplit/client';\nimport type { schema } from '../schema.ts';"
    : "import type { BulkInsert } from '@triplit/client';";
  const lists = (collections ?? []).map((name) => `    ${JSON.stringify(name)}: [],\n`).join('');
  return `${imports}\n\nexport default function seed(): BulkInsert<${collections ? 'typeof schema' : 'any'}> {\n  return {\n${lists}  };\n}\n`;
}

function runCommand(): Command {
  const command = new Command('run')
    .description('Insert the data of seed files')
    .argument('[file]', 'Name or path of a seed');
  addBooleanFlag(command, '-a, --all', 'Run every seed of the project', false);
  return addServerFlags(addSchemaFlags(command)).action(
    async (name: string | undefined, flags: ServerFlags & { all: boolean }) => {
      const files = flags.all ? listSeeds(process.cwd()) : name ? [findSeed(name, process.cwd())] : await chooseSeeds();
      if (files.length === 0) {
        printInfo('No seed was chosen.');
        return;
      }
      const server = await serverClient(flags);
      const failed: string[] = [];
      for (const file of files) if (!(await runSeed(server, file))) failed.push(relative(process.cwd(), file));
      if (failed.length > 0) throw new CliFailure(`Not inserted: ${failed.join(', ')}.`);
    },
  );
}

/** Inserts one seed file in one transaction. A failure is printed and reported as false. */
export async function runSeed(server: ServerClient, file: string): Promise<boolean> {
  try {
    const inserted = (await server.post('bulk-insert', await readSeed(file))) as Record<string, readonly unknown[]>;
    printSuccess(`Seeded ${relative(process.cwd(), file)}`);
    for (const [collection, entities] of Object.entries(inserted)) print(`  ${collection}: ${entities.length}`);
    return true;
  } catch (error) {
    if (!(error instanceof CliFailure)) throw error;
    printError(error.message);
    return false;
  }
}

export async function chooseSeeds(): Promise<string[]> {
  const seeds = listSeeds(process.cwd());
  if (seeds.length === 0)
    throw new CliFailure('There are no seeds in triplit/seeds. `triplit seed create` writes one.');
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new CliFailure(`Name a seed or pass --all. Available: ${seeds.map((file) => basename(file)).join(', ')}.`);
  }
  const options = seeds.map((file) => ({ value: file, label: basename(file) }));
  const chosen = await multiselect({ message: 'Which seeds?', options, required: false });
  return isCancel(chosen) ? [] : chosen;
}
