/**
 * Entity data on its way out, as a frame's text or as a message object. Each row is turned into text once, however many
 * connections and frames it goes to; rows are immutable, so their text can be kept with them.
 */
import type { DBChanges, Row, Timestamp } from '@triplit/db';
import { encodeChanges, entityDataText, entityText, joinChangesText } from '@triplit/db/sync';
import type { CollectionText, EntityText } from '@triplit/db/sync';
import type { EntityNews } from './entity-news.ts';
import type { OutgoingMessage } from './outlet.ts';

const textOfRow = new WeakMap<Row, string | EntityText>();

function rowText(row: Row): string | EntityText {
  const known = textOfRow.get(row);
  if (known !== undefined) return known;
  const text = entityText(row);
  textOfRow.set(row, text);
  return text;
}

/** The message, made when it is known in which form it goes out. */
export function entityDataMessage(news: EntityNews, timestamp: Timestamp): OutgoingMessage {
  return {
    type: 'ENTITY_DATA',
    payload: () => entityDataPayload(news, timestamp),
    text: () => entityDataFrame(news, timestamp),
  };
}

/** The whole `ENTITY_DATA` frame; the same text that serializing `entityDataPayload` would give. */
export function entityDataFrame({ entities, forQueries, replaces }: EntityNews, timestamp: Timestamp): string {
  const collections: CollectionText[] = [];
  for (const [collection, rows] of entities) {
    const sets: [string, string | EntityText][] = [];
    const deletes: string[] = [];
    for (const [id, row] of rows) {
      if (row) sets.push([id, rowText(row)]);
      // A delete together with a set replaces the entity.
      if (!row || replaces?.(collection, id)) deletes.push(id);
    }
    collections.push([collection, sets, deletes]);
  }
  return entityDataText(joinChangesText(collections), timestamp, forQueries);
}

export function entityDataPayload({ entities, forQueries, replaces }: EntityNews, timestamp: Timestamp) {
  const changes: DBChanges = {};
  for (const [collection, rows] of entities) {
    const sets = new Map<string, Row>();
    const deletes = new Set<string>();
    for (const [id, row] of rows) {
      if (row) sets.set(id, row);
      if (!row || replaces?.(collection, id)) deletes.add(id);
    }
    changes[collection] = { sets, deletes };
  }
  return { changes: encodeChanges(changes), timestamp, forQueries: [...forQueries] };
}
