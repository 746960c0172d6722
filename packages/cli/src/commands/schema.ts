/** `triplit schema push | print | diff`: the project's schema file against the schema of a server. */
import { Command, Option } from 'commander';
import { diffSchemas } from '@triplit/db';
import type { DBSchema, SchemaChange } from '@triplit/db';
import { addBooleanFlag } from '../boolean-flag.ts';
import { CliFailure } from '../cli-failure.ts';
import { print, printInfo, printSuccess } from '../output.ts';
import { readProjectSchema, schemaPath } from '../project/schema-file.ts';
import { addServerFlags, serverClient } from '../remote/server-client.ts';
import type { ServerClient, ServerFlags } from '../remote/server-client.ts';
import { describeChange, describeDiff, describeIssues, describeRefusal } from '../schema-report.ts';
import { schemaSource } from '../schema-source.ts';

interface SchemaFlags extends ServerFlags {
  readonly schemaPath?: string;
}
type Location = 'local' | 'remote';

export function schemaCommand(): Command {
  return new Command('schema')
    .description("Work with the project's and the server's schema")
    .addCommand(pushCommand())
    .addCommand(printCommand())
    .addCommand(diffCommand());
}

export function addSchemaFlags(command: Command): Command {
  command.option('--schemaPath <file>', 'Schema file. Default: TRIPLIT_SCHEMA_PATH, else triplit/schema.ts');
  return addBooleanFlag(command, '--requireSchema', 'Fail when there is no schema file', false);
}

/** The local schema, or undefined without a file. */
export async function localSchema(flags: {
  schemaPath?: string;
  requireSchema?: boolean;
}): Promise<DBSchema | undefined> {
  const path = schemaPath(flags.schemaPath, process.cwd(), process.env);
  return (await readProjectSchema(path, { required: flags.requireSchema ?? false }))?.schema;
}

/** The server's schema, or undefined when it has none. */
export async function remoteSchema(server: ServerClient): Promise<DBSchema | undefined> {
  const answer = (await server.post('schema', { format: 'json' })) as { type: string; schema?: DBSchema };
  return answer.type === 'schema' ? answer.schema : undefined;
}

interface PushFlags extends SchemaFlags {
  readonly enforceBackwardsCompatibility: boolean;
  readonly printIssues: boolean;
  readonly force: boolean | undefined;
}

function pushCommand(): Command {
  const command = new Command('push').description("Apply the project's schema to the server");
  addBooleanFlag(
    command,
    '-e, --enforceBackwardsCompatibility',
    'Refuse every incompatible edit, even if no data violates it',
    false,
  );
  addBooleanFlag(command, '-p, --printIssues', 'Print the issues of an accepted change too', false);
  command.addOption(new Option('-f, --force').hideHelp());
  return addServerFlags(addSchemaFlags(command)).action(async (flags: PushFlags) => {
    const schema = await localSchema({ ...flags, requireSchema: true });
    const server = await serverClient(flags);
    const failOnBackwardsIncompatibleChange =
      flags.force === undefined ? flags.enforceBackwardsCompatibility : !flags.force;
    const change = (await server.post('override-schema', {
      schema,
      failOnBackwardsIncompatibleChange,
    })) as SchemaChange;
    if (!change.successful) {
      throw new CliFailure(`The schema was not pushed to ${server.url}. ${describeRefusal(change)}`);
    }
    const edits = describeChange(change);
    if (edits.length === 0) {
      printSuccess(`The schema at ${server.url} is up to date; nothing to do.`);
      return;
    }
    printSuccess(`Pushed the schema to ${server.url}.`);
    edits.forEach((line) => print(`  ${line}`));
    if (flags.printIssues) describeIssues(change.issues).forEach((line) => print(line));
  });
}

interface PrintFlags extends SchemaFlags {
  readonly location: Location;
  readonly format: 'json' | 'typescript' | 'file' | 'json-schema';
}

function printCommand(): Command {
  const command = new Command('print')
    .description('Print a schema')
    .addOption(new Option('-l, --location <where>', 'Which schema').choices(['local', 'remote']).default('remote'))
    .addOption(
      new Option('-f, --format <format>', 'Output format')
        .choices(['json', 'typescript', 'file'])
        .default('typescript'),
    );
  return addServerFlags(addSchemaFlags(command)).action(async (flags: PrintFlags) => {
    const schema = await schemaAt(flags.location, flags);
    if (!schema) {
      printInfo(`There is no ${flags.location} schema.`);
      return;
    }
    print(flags.format === 'json' ? JSON.stringify(schema, null, 2) : schemaSource(schema));
  });
}

interface DiffFlags extends SchemaFlags {
  readonly ahead: Location;
  readonly exitCode: boolean;
}

function diffCommand(): Command {
  const command = new Command('diff')
    .description("Show what differs between the project's and the server's schema")
    .addOption(
      new Option('-a, --ahead <which>', 'The schema that is ahead').choices(['local', 'remote']).default('local'),
    );
  addBooleanFlag(command, '--exitCode', 'Exit with 1 when there are differences', false);
  return addServerFlags(addSchemaFlags(command)).action(async (flags: DiffFlags) => {
    const [local, remote] = [await schemaAt('local', flags), await schemaAt('remote', flags)];
    if (!local || !remote) {
      const missing =
        !local && !remote ? 'Neither side has a schema.' : `There is no ${local ? 'remote' : 'local'} schema.`;
      printInfo(missing);
      if (flags.exitCode && (local || remote)) throw new CliFailure('The schemas differ.');
      return;
    }
    const [before, after] = flags.ahead === 'local' ? [remote, local] : [local, remote];
    const diff = diffSchemas(before, after).filter((edit) => edit._diff !== 'roles' || local.roles !== undefined);
    if (diff.length === 0) {
      printSuccess('The schemas are the same.');
      return;
    }
    describeDiff(diff).forEach((line) => print(line));
    if (flags.exitCode) throw new CliFailure('The schemas differ.');
  });
}

async function schemaAt(location: Location, flags: SchemaFlags): Promise<DBSchema | undefined> {
  return location === 'local' ? localSchema(flags) : remoteSchema(await serverClient(flags));
}
