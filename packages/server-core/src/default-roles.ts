/** A schema that is given to a server without roles gets the two that fit every token issuer. */
import { DEFAULT_ROLES } from '@triplit/db';
import type { DBSchema } from '@triplit/db';

export function withDefaultRoles(schema: DBSchema): DBSchema {
  return schema.collections && !schema.roles ? { ...schema, roles: DEFAULT_ROLES } : schema;
}
