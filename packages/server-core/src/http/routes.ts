/** The HTTP API as one table. Whatever mounts, checks or documents a route reads it here. */
import {
  applyChanges,
  clear,
  couldNotApplyChanges,
  deleteAll,
  overrideSchema,
  stats,
  storedSchema,
} from './admin-routes.ts';
import {
  bulkInsert,
  couldNotDelete,
  couldNotInsert,
  couldNotUpdate,
  deleteEntity,
  fetchEntities,
  insertEntity,
  updateEntity,
} from './data-routes.ts';
import { message, messageEvents } from './message-routes.ts';
import { openApiDocument } from './openapi.ts';
import type { Route } from './route.ts';
import { changeSettings, showSettings } from './settings-routes.ts';
import { mintToken, showTokens } from './token-routes.ts';
import { updateToken } from './update-token.ts';

/** The version of the data format, which the command line asks for; not that of the package. */
const DATA_FORMAT_VERSION = '1.0.0';

const collectionName = { type: 'string', about: 'Of the schema' } as const;
const entityId = { type: 'string', about: 'Of the entity' } as const;

const nothing = () => ({});

export const routes: readonly Route[] = [
  {
    method: 'GET',
    path: 'healthcheck',
    access: 'open',
    body: 'none',
    summary: 'Whether the server is up',
    handle: () => 'OK',
  },
  {
    method: 'GET',
    path: 'openapi.json',
    access: 'open',
    body: 'none',
    summary: 'This description of the HTTP API',
    handle: () => openApiDocument(routes, DATA_FORMAT_VERSION),
  },
  {
    method: 'GET',
    path: 'version',
    access: 'token',
    body: 'none',
    summary: 'The version of the data format',
    handle: () => DATA_FORMAT_VERSION,
  },
  {
    method: 'POST',
    path: 'update-token',
    access: 'token',
    body: 'json',
    summary: 'Prolong a connection by a newer token',
    params: { clientId: { type: 'string', about: 'From READY' } },
    handle: updateToken,
  },
  {
    method: 'GET',
    path: 'message-events',
    // By the token in the address; a refusal is a message, as over a socket.
    access: 'open',
    body: 'none',
    isForAllowedOriginsOnly: true,
    summary: 'Sync without a WebSocket: a stream of server-sent events, one message each',
    query: {
      token: { type: 'string', about: 'Any token that the server accepts' },
      schema: { type: 'string', about: "Hash of the client's schema, to be compared", isOptional: true },
      'sync-schema': { type: 'boolean', about: 'Accepted, without effect', isOptional: true },
      features: { type: 'string', about: 'Additions to the protocol, with commas', isOptional: true },
    },
    handle: messageEvents,
  },
  {
    method: 'POST',
    path: 'message',
    access: 'token',
    body: 'json',
    summary: 'Send a message over a connection that reads /message-events',
    params: {
      message: { type: 'object', about: 'type and payload' },
      options: { type: 'object', about: 'clientId: from READY' },
    },
    handle: message,
  },

  {
    method: 'POST',
    path: 'fetch',
    access: 'token',
    body: 'json',
    summary: 'Entities that match a query',
    params: { query: { type: 'object', about: 'A query as plain data' } },
    handle: fetchEntities,
  },
  {
    method: 'POST',
    path: 'insert',
    access: 'token',
    body: 'json',
    summary: 'Insert an entity',
    params: { collectionName, entity: { type: 'object', about: 'Sets as arrays, dates as ISO texts' } },
    handle: insertEntity,
    failure: couldNotInsert,
  },
  {
    method: 'POST',
    path: 'bulk-insert',
    access: 'token',
    body: 'bulk',
    summary: 'Insert many entities at once',
    handle: bulkInsert,
    failure: couldNotInsert,
  },
  {
    method: 'POST',
    path: 'bulk-insert-file',
    access: 'token',
    body: 'form',
    summary: 'Insert many entities from a file',
    handle: bulkInsert,
    failure: couldNotInsert,
  },
  {
    method: 'POST',
    path: 'update',
    access: 'token',
    body: 'json',
    summary: 'Change an entity',
    params: { collectionName, entityId, changes: { type: 'object', about: 'What changes; null removes' } },
    handle: updateEntity,
    failure: couldNotUpdate,
  },
  {
    method: 'POST',
    path: 'delete',
    access: 'token',
    body: 'json',
    summary: 'Delete an entity',
    params: { collectionName, entityId },
    handle: deleteEntity,
    failure: couldNotDelete,
  },

  {
    method: 'POST',
    path: 'schema',
    access: 'admin',
    body: 'json',
    summary: 'The schema in force',
    params: { format: { type: 'string', about: 'Only json', isOptional: true } },
    handle: storedSchema,
  },
  {
    method: 'POST',
    path: 'override-schema',
    access: 'admin',
    body: 'json',
    summary: 'Replace the schema',
    params: {
      schema: { type: 'object', about: 'collections and roles' },
      failOnBackwardsIncompatibleChange: { type: 'boolean', about: 'Default: false', isOptional: true },
    },
    handle: overrideSchema,
  },
  {
    method: 'POST',
    path: 'apply-changes',
    access: 'admin',
    body: 'json',
    summary: 'Apply a change set',
    params: { changes: { type: 'object', about: 'A change set, as in CHANGES' } },
    handle: applyChanges,
    failure: couldNotApplyChanges,
  },
  {
    method: 'POST',
    path: 'delete-all',
    access: 'admin',
    body: 'json',
    summary: 'Delete every entity of a collection',
    params: { collectionName },
    handle: deleteAll,
    failure: couldNotDelete,
  },
  {
    method: 'POST',
    path: 'clear',
    access: 'admin',
    body: 'json',
    summary: 'Remove all data; with `full` also the schema',
    params: { full: { type: 'boolean', about: 'Also the schema. Default: false', isOptional: true } },
    handle: clear,
  },
  {
    method: 'POST',
    path: 'stats',
    access: 'admin',
    body: 'json',
    summary: 'Entities per collection',
    handle: stats,
  },

  {
    method: 'POST',
    path: 'settings',
    access: 'admin',
    body: 'json',
    summary: 'The settings in force, and which of them are fixed',
    handle: showSettings,
  },
  {
    method: 'POST',
    path: 'update-settings',
    access: 'admin',
    body: 'json',
    summary: 'Change settings while the server runs',
    params: { settings: { type: 'object', about: 'By name; null takes one back' } },
    handle: changeSettings,
  },
  {
    method: 'POST',
    path: 'tokens',
    access: 'admin',
    body: 'json',
    summary: "The server's own tokens: the anonymous one and the service token",
    handle: showTokens,
  },
  {
    method: 'POST',
    path: 'mint-token',
    access: 'admin',
    body: 'json',
    summary: 'Make a new anonymous or service token, and all earlier ones of the kind invalid',
    params: {
      kind: { type: 'string', about: 'anonymous or service' },
      label: { type: 'string', about: 'For people; not in the token', isOptional: true },
      expiresAt: { type: 'string', about: 'ISO text. Default: never', isOptional: true },
    },
    handle: mintToken,
  },

  {
    method: 'POST',
    path: 'webhooks-get',
    access: 'admin',
    body: 'json',
    summary: 'Reserved for webhooks',
    handle: nothing,
  },
  {
    method: 'POST',
    path: 'webhooks-push',
    access: 'admin',
    body: 'json',
    summary: 'Reserved for webhooks',
    handle: nothing,
  },
  {
    method: 'POST',
    path: 'webhooks-clear',
    access: 'admin',
    body: 'json',
    summary: 'Reserved for webhooks',
    handle: nothing,
  },
];
