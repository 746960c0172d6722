/**
 * Change sets straight to message text. An entity is turned into JSON text once and joined into the frames of any number
 * of connections; the text equals `JSON.stringify(encodeChanges(changes))`, character by character.
 */
import type { Timestamp } from '../clock/timestamp.ts';
import { addAnnotations, encodeValue } from './encode-super-json.ts';
import { escapePathSegment, SUPER_JSON_VERSION } from './super-json.ts';
import type { AnnotationTree } from './super-json.ts';

/** An entity ready to be joined. `annotations` only when it holds something that JSON cannot (by path inside the entity). */
export interface EntityText {
  readonly json: string;
  readonly annotations?: Readonly<Record<string, AnnotationTree>>;
}

/** A string stands for the JSON text of an entity without annotations. */
export type CollectionText = readonly [
  collection: string,
  sets: Iterable<readonly [id: string, entity: string | EntityText]>,
  deletes: Iterable<string>,
];

/** The JSON text alone for a plain row, which is nearly every row. */
export function entityText(row: unknown): string | EntityText {
  const { json, annotations } = encodeValue(row);
  const text = JSON.stringify(json);
  return annotations ? { json: text, annotations: annotations as Readonly<Record<string, AnnotationTree>> } : text;
}

/** The JSON text of the wire form of a change set. A collection may be named once only. */
export function joinChangesText(collections: Iterable<CollectionText>): string {
  let json = '';
  let values = '';
  for (const [collection, sets, deletes] of collections) {
    let setsText = '';
    let count = 0;
    let below: Record<string, AnnotationTree> | undefined;
    for (const [id, entity] of sets) {
      const text = typeof entity === 'string' ? entity : entity.json;
      if (typeof entity !== 'string' && entity.annotations)
        addAnnotations((below ??= {}), `${count}.1`, entity.annotations);
      setsText += `${count === 0 ? '' : ','}[${JSON.stringify(id)},${text}]`;
      count++;
    }
    let deletesText = '';
    for (const id of deletes) deletesText += (deletesText === '' ? '' : ',') + JSON.stringify(id);
    const separator = json === '' ? '' : ',';
    const path = escapePathSegment(collection);
    json += `${separator}${JSON.stringify(collection)}:{"sets":[${setsText}],"deletes":[${deletesText}]}`;
    values += `${separator}${JSON.stringify(`${path}.sets`)}:["map"${below ? `,${JSON.stringify(below)}` : ''}],${JSON.stringify(`${path}.deletes`)}:["set"]`;
  }
  return json === '' ? '{"json":{}}' : `{"json":{${json}},"meta":{"values":{${values}},"v":${SUPER_JSON_VERSION}}}`;
}

/** A whole `ENTITY_DATA` frame around the text that `joinChangesText` made. */
export function entityDataText(changesText: string, timestamp: Timestamp, forQueries: Iterable<string>): string {
  return `{"type":"ENTITY_DATA","payload":{"changes":${changesText},"timestamp":${JSON.stringify(timestamp)},"forQueries":${JSON.stringify([...forQueries])}}}`;
}
