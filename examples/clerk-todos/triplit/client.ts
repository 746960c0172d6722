/** The one Triplit client of the app. It starts without a token; `session/` hands it Clerk's when somebody signs in. */
import { TriplitClient } from '@triplit/client';
import { roles, schema } from './schema.ts';

export const client = new TriplitClient({
  schema,
  roles,
  serverUrl: import.meta.env.VITE_TRIPLIT_SERVER_URL || 'http://localhost:6543',
  storage: 'indexeddb',
  autoConnect: false,
});
