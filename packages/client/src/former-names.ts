/** Names of Triplit 0.x that still work. Each is announced once per client, with the name to use instead. */
import type { DBSchema, Models } from '@triplit/db';
import type { Logger } from '@triplit/logger';
import { ConnectedClient } from './connected-client.ts';
import type { HttpClient } from './remote/http-client.ts';

export abstract class FormerNames<M extends Models = Models> extends ConnectedClient<M> {
  abstract readonly http: HttpClient<M>;
  abstract readonly logger: Logger;
  abstract getSchema(): Promise<DBSchema<M> | undefined>;
  readonly #announced = new Set<string>();

  /** @deprecated Use `http`. */
  get remote(): HttpClient<M> {
    this.#announce('remote', 'http');
    return this.http;
  }

  /** @deprecated Use `getSchema`. */
  getSchemaJSON(): Promise<DBSchema<M> | undefined> {
    this.#announce('getSchemaJSON', 'getSchema');
    return this.getSchema();
  }

  /** @deprecated Use `updateServerUrl` and `updateToken`. */
  async updateOptions(options: { readonly serverUrl?: string; readonly token?: string }): Promise<void> {
    this.#announce('updateOptions', 'updateServerUrl and updateToken');
    if ('serverUrl' in options) this.updateServerUrl(options.serverUrl);
    if ('token' in options) await this.updateToken(options.token);
  }

  #announce(name: string, instead: string): void {
    if (this.#announced.has(name)) return;
    this.#announced.add(name);
    this.logger.warn(`client.${name} is a name of Triplit 0.x and will be removed. Use ${instead}.`);
  }
}
