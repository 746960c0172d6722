/**
 * Pairs a token with the connection: starting, renewing and ending sessions, and getting a connection back after its
 * token ran out. Invariant: the replica's variables and owner are always those of the current session.
 */
import { getRolesFromSession, platform, sessionRolesAreEquivalent, TriplitError } from '@triplit/db';
import type { DBSchema } from '@triplit/db';
import type { CloseReason, SessionErrorType } from '@triplit/db/sync';
import { isSessionErrorType } from '@triplit/db/sync';
import type { Logger } from '@triplit/logger';
import { requireOption, requireRefreshOptions } from '../check-options.ts';
import { NoActiveSessionError, SessionRolesMismatchError, TokenDecodingError, TokenExpiredError } from '../errors.ts';
import { Listeners } from '../listeners.ts';
import type { Replica } from '../replica/replica.ts';
import type { Connection } from '../sync/connection.ts';
import { describeRefusal } from './describe-refusal.ts';
import { notifyServerOfToken } from './notify-server-of-token.ts';
import { TokenRefresher } from './token-refresher.ts';
import type { TokenRefreshOptions } from './token-refresher.ts';
import { isExpired, readToken } from './token-session.ts';
import type { TokenSession } from './token-session.ts';

export interface ConnectionOptionsChange {
  readonly token?: string | undefined;
  readonly serverUrl?: string | undefined;
  /** True when the token is a newer one of the same session. */
  readonly tokenRefresh?: boolean;
}
export type ConnectionOptionsChangeHandler = (change: ConnectionOptionsChange) => void;

export interface SessionKeeperOptions {
  readonly connection: Connection;
  readonly replica: Replica;
  readonly logger: Logger;
  readonly serverUrl: string | undefined;
  readonly claimsPath: string | undefined;
  /** The schema with roles, if the client knows them. */
  readonly schema: DBSchema | undefined;
}

export class SessionKeeper {
  readonly onOptionsChange: Listeners<[ConnectionOptionsChange]>;
  readonly onSessionError: Listeners<[SessionErrorType]>;
  readonly #options: SessionKeeperOptions;
  #serverUrl: string | undefined;
  #session: TokenSession | undefined;
  /** The last token whose roles the application or the server agreed to. One that comes while there is no connection may have others. */
  #agreed: TokenSession | undefined;
  #refresher: TokenRefresher | undefined;
  #wantsConnection = false;
  /** While the first token of a session is being fetched. */
  #isPreparing = false;
  /** Grows with each session, so that what an earlier one still waits for is recognised. */
  #sessionNumber = 0;
  /** Whether the handler was asked for another token since the server last said READY or the application asked to connect. */
  #hasAskedAfterRefusal = false;
  #isClosed = false;

  constructor(options: SessionKeeperOptions) {
    this.#options = options;
    this.#serverUrl = options.serverUrl;
    this.onOptionsChange = new Listeners('onConnectionOptionsChange', options.logger);
    this.onSessionError = new Listeners('onSessionError', options.logger);
    // A replica that could not be opened reports that itself.
    options.replica.ready.then(
      () => this.#claimReplica(),
      () => undefined,
    );
  }

  get session(): TokenSession | undefined {
    return this.#session;
  }

  get claimsPath(): string | undefined {
    return this.#options.claimsPath;
  }

  /** Whether somebody asked for a connection and did not take that back. */
  get wantsConnection(): boolean {
    return this.#wantsConnection;
  }

  get serverUrl(): string | undefined {
    return this.#serverUrl;
  }

  /** Whether an attempt to connect is certain to follow by itself. */
  get isAboutToConnect(): boolean {
    return this.#isPreparing && this.#wantsConnection;
  }

  /** Begins a session without waiting for anything that can be had at once. See `TriplitClient.startSession`. */
  start(
    token: string | undefined,
    connect: boolean,
    refreshOptions: TokenRefreshOptions | undefined,
  ): Promise<(() => void) | undefined> {
    if (!token) {
      this.end();
      return Promise.resolve(undefined);
    }
    requireOption('token', token);
    requireRefreshOptions(refreshOptions);
    if (this.#isClosed) throw new TriplitError('Make another one to start a session.', 'The client is closed.');
    this.#hasAskedAfterRefusal = false;
    if (token !== this.#session?.token) this.#replaceSession(readToken(token, this.#options.claimsPath));
    else if (refreshOptions === undefined) {
      this.#agreed = this.#session;
      if (connect) this.#connect();
      else this.#wantsConnection = false;
      return Promise.resolve(undefined);
    }
    this.#agreed = this.#session;
    const refresher = this.#startRefreshing(refreshOptions);
    this.#wantsConnection = connect;
    return this.#connectWhenUsable(refresher);
  }

  end(): void {
    this.#sessionNumber++;
    this.#refresher?.stop();
    this.#refresher = undefined;
    this.#wantsConnection = false;
    this.#isPreparing = false;
    if (this.#session === undefined) return;
    this.#dropConnection();
    this.#session = undefined;
    this.#agreed = undefined;
    this.#options.replica.setVariables({});
    if (this.#options.replica.isOpen) this.#options.replica.release();
    this.onOptionsChange.emit({ token: undefined });
  }

  /** The last session is over, and no other can be started. */
  close(): void {
    this.#isClosed = true;
    this.end();
  }

  connect(): void {
    this.#hasAskedAfterRefusal = false;
    this.#connect();
  }

  #connect(): void {
    const missing = [this.#session === undefined && 'token', this.#serverUrl === undefined && 'serverUrl'].filter(
      Boolean,
    );
    if (this.#session === undefined) {
      this.#options.logger.warn(
        'The client cannot connect: there is no session. Call startSession with a token first.',
      );
    } else if (missing.length > 0) {
      this.#options.logger.warn(
        `The client cannot connect: these connection parameters are missing: [${missing.join(', ')}].`,
      );
    } else {
      this.#wantsConnection = true;
      this.#options.connection.dispatch({ type: 'connect' });
    }
  }

  /** Connects again if a connection is wanted and none is there or coming. */
  connectIfWanted(): void {
    const { status } = this.#options.connection;
    if (this.#wantsConnection && (status === 'CLOSED' || status === 'UNINITIALIZED')) this.#connect();
  }

  disconnect(): void {
    this.#wantsConnection = false;
    this.#options.connection.dispatch({ type: 'disconnect' });
  }

  setServerUrl(serverUrl: string | undefined): void {
    if (serverUrl === this.#serverUrl) return;
    this.#serverUrl = serverUrl;
    const { status } = this.#options.connection;
    if (status === 'OPEN' || status === 'CONNECTING') {
      this.#options.logger.warn(
        'The serverUrl has changed, so the connection is closed. Call connect to use the new one.',
      );
      this.disconnect();
    }
    this.onOptionsChange.emit({ serverUrl });
  }

  /** Rejects, leaving the session alone, when the token cannot take the place of the current one. */
  async updateToken(token: string): Promise<void> {
    if (this.#session === undefined) throw new NoActiveSessionError();
    const next = this.#readUsable(token);
    if (!this.#canFollow(next)) throw new SessionRolesMismatchError();
    await this.#put(next);
  }

  /** Takes a token from anywhere: renews the session if it is of the same person and can follow, else begins another. */
  async adoptToken(token: string | null | undefined): Promise<void> {
    if (!token) return this.end();
    const next = this.#readUsable(token);
    if (this.#session === undefined || !this.#isSamePerson(next) || !this.#canFollow(next)) {
      await this.start(token, true, undefined);
      return;
    }
    await this.#put(next);
    this.connect();
  }

  /** Puts a token of the same person in place, connected or not. Rejects when it cannot take the place of the current one. */
  async replaceToken(token: string): Promise<void> {
    const next = this.#readUsable(token);
    if (this.#session === undefined || !this.#canFollow(next)) throw new SessionRolesMismatchError();
    await this.#put(next);
  }

  stopRefreshing(): void {
    this.#refresher?.stop();
    this.#refresher = undefined;
  }

  /** The network or the page is back. */
  hurry(): void {
    this.#refresher?.hurry();
  }

  /** See `ConnectionHost`. */
  refreshBeforeConnect(): Promise<boolean> | undefined {
    if (this.#refresher === undefined || this.#session === undefined) return undefined;
    if (!isExpired(this.#session, platform.now())) return undefined;
    return this.#refresher.refreshNow().then((outcome) => {
      if (outcome === 'failed') throw new Error('The token could not be refreshed.');
      return outcome === 'refreshed';
    });
  }

  /**
   * To be called when the server is ready, before anything is sent. False when the roles have changed since the session
   * began and the server does not change them in place, as those of version 1: then the connection ends.
   */
  connectionReady(): boolean {
    const { connection, logger } = this.#options;
    const session = this.#session;
    this.#hasAskedAfterRefusal = false;
    if (session === undefined) return true;
    const hasAgreedRoles = this.#agreed === undefined || this.#hasSameRoles(this.#agreed, session);
    if (!hasAgreedRoles && !connection.hasFeature('reauthorize')) {
      const message = 'the token has other roles than the session began with, and the server cannot change them';
      connection.dispatch({ type: 'refused', reason: { type: 'ROLES_MISMATCH', retry: false, message } });
      return false;
    }
    this.#agreed = session;
    // It came while the connection was being made, with another one.
    if (session.token !== connection.token)
      void notifyServerOfToken(connection, this.#serverUrl!, session.token, logger);
    return true;
  }

  /**
   * The server ended the connection. A token that has expired, or that the server does not take, is renewed, and the
   * connection comes back by itself. If that token is not taken either, another attempt is up to the application or waits
   * until the token would be renewed anyway.
   */
  connectionRefused(reason: CloseReason): void {
    const { logger, connection } = this.#options;
    logger.error(describeRefusal(reason, this.#serverUrl));
    const isAboutToken = reason.type === 'TOKEN_EXPIRED' || reason.type === 'UNAUTHORIZED';
    const session = this.#session;
    if (isSessionErrorType(reason.type)) this.onSessionError.emit(reason.type);
    if (!isAboutToken || session === undefined || session !== this.#session || !this.#wantsConnection) return;
    const isRenewed = session.token !== connection.token && !isExpired(session, platform.now());
    if (isRenewed) return connection.dispatch({ type: 'connect' });
    if (this.#hasAskedAfterRefusal) return;
    this.#hasAskedAfterRefusal = true;
    void this.#refresher?.refreshNow();
  }

  #replaceSession(session: TokenSession): void {
    this.#sessionNumber++;
    this.#refresher?.stop();
    this.#refresher = undefined;
    if (this.#session !== undefined) this.#dropConnection();
    this.#session = session;
    this.#agreed = session;
    this.#options.replica.setVariables(session.variables ?? {});
    this.#claimReplica();
    this.onOptionsChange.emit({ token: session.token });
  }

  #dropConnection(): void {
    this.#options.connection.dispatch({ type: 'disconnect' });
    this.#options.connection.dispatch({ type: 'reset' });
  }

  #claimReplica(): void {
    const principal = this.#session?.principal;
    if (principal !== undefined && this.#options.replica.isOpen) this.#options.replica.claim(principal);
  }

  #startRefreshing(options: TokenRefreshOptions | undefined): TokenRefresher | undefined {
    this.stopRefreshing();
    if (options === undefined) return undefined;
    const { logger } = this.#options;
    this.#refresher = new TokenRefresher(options, {
      logger,
      current: () => this.#session!,
      accept: (token) => this.#acceptRefreshed(token),
      onSignedOut: () => this.#options.connection.dispatch({ type: 'disconnect' }),
    });
    return this.#refresher;
  }

  async #connectWhenUsable(refresher: TokenRefresher | undefined): Promise<(() => void) | undefined> {
    const number = this.#sessionNumber;
    const stop = refresher && (() => refresher.stop());
    if (refresher !== undefined && isExpired(this.#session!, platform.now())) {
      this.#isPreparing = true;
      const outcome = await refresher.refreshNow();
      if (number !== this.#sessionNumber) return stop;
      this.#isPreparing = false;
      if (outcome === 'refreshed') this.connectIfWanted();
    } else {
      refresher?.start();
      if (this.#wantsConnection) this.#connect();
    }
    return stop;
  }

  /** A token from the refresh handler. It is believed even if this machine's clock says that it has expired. */
  async #acceptRefreshed(token: string): Promise<void> {
    const next = readToken(token, this.#options.claimsPath);
    if (next.claims === undefined) throw new TokenDecodingError();
    if (!this.#canFollow(next)) {
      this.onSessionError.emit('ROLES_MISMATCH');
      throw new SessionRolesMismatchError();
    }
    await this.#put(next);
    this.connectIfWanted();
  }

  async #put(next: TokenSession): Promise<void> {
    const { replica, connection, logger } = this.#options;
    this.#session = next;
    replica.setVariables(next.variables ?? {});
    this.#claimReplica();
    this.onOptionsChange.emit({ token: next.token, tokenRefresh: true });
    if (!connection.isReady) return;
    this.#agreed = next;
    await notifyServerOfToken(connection, this.#serverUrl!, next.token, logger);
  }

  #readUsable(token: string): TokenSession {
    const session = readToken(token, this.#options.claimsPath);
    if (session.claims === undefined) throw new TokenDecodingError();
    if (isExpired(session, platform.now())) throw new TokenExpiredError();
    return session;
  }

  /**
   * Whether the token can take the place of the current one: the same roles, or a server that changes them in place. Without
   * a connection nobody knows what the server can do; `connectionReady` finds out.
   */
  #canFollow(next: TokenSession): boolean {
    if (this.#hasSameRoles(this.#session!, next)) return true;
    const { connection } = this.#options;
    return this.#isSamePerson(next) && (!connection.isReady || connection.hasFeature('reauthorize'));
  }

  /** True as well when the client does not know the roles; then the server decides. */
  #hasSameRoles(before: TokenSession, next: TokenSession): boolean {
    const { schema } = this.#options;
    if (schema?.roles === undefined) return true;
    const rolesOf = ({ variables }: TokenSession) => getRolesFromSession(schema, variables ?? {});
    return sessionRolesAreEquivalent(rolesOf(before), rolesOf(next));
  }

  #isSamePerson(next: TokenSession): boolean {
    return next.principal === this.#session!.principal;
  }
}
