/** `triplit roles eval <token>`: which roles of the schema a token's claims match. */
import { Command, Option } from 'commander';
import { getRolesFromSession, normalizeSessionVars } from '@triplit/db';
import { CliFailure } from '../cli-failure.ts';
import { print, printInfo } from '../output.ts';
import { addServerFlags, serverClient } from '../remote/server-client.ts';
import type { ServerFlags } from '../remote/server-client.ts';
import { addSchemaFlags, localSchema, remoteSchema } from './schema.ts';

interface EvalFlags extends ServerFlags {
  readonly location: 'local' | 'remote';
  readonly schemaPath?: string;
  readonly requireSchema?: boolean;
}

export function rolesCommand(): Command {
  return new Command('roles').description('Work with the roles of the schema').addCommand(evalCommand());
}

function evalCommand(): Command {
  const command = new Command('eval')
    .description('Show the roles that a token or a set of claims matches')
    .argument('[token]', 'A JWT (its signature is not checked) or claims as JSON')
    .addOption(new Option('-l, --location <where>', 'Which schema').choices(['local', 'remote']).default('remote'));
  return addServerFlags(addSchemaFlags(command)).action(async (token: string | undefined, flags: EvalFlags) => {
    const claims = normalizeSessionVars(readClaims(token));
    const schema =
      flags.location === 'local' ? await localSchema(flags) : await remoteSchema(await serverClient(flags));
    print(`Claims: ${JSON.stringify(claims, null, 2)}`);
    if (!schema?.roles) {
      printInfo(schema ? 'The schema has no roles.' : `There is no ${flags.location} schema, so there are no roles.`);
      return;
    }
    print(`Roles: ${JSON.stringify(getRolesFromSession(schema, claims), null, 2)}`);
  });
}

function readClaims(text: string | undefined): Record<string, unknown> {
  if (!text) throw new CliFailure('Name a token or claims: `triplit roles eval <token>`.');
  const parts = text.trim().split('.');
  const json = parts.length === 3 ? Buffer.from(parts[1]!, 'base64url').toString('utf8') : text;
  try {
    const claims: unknown = JSON.parse(json);
    if (typeof claims === 'object' && claims !== null && !Array.isArray(claims))
      return claims as Record<string, unknown>;
  } catch {
    // Falls through: not JSON is refused like JSON that is not an object.
  }
  throw new CliFailure('The argument is neither a JWT nor a JSON object of claims.');
}
