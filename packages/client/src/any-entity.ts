/** An entity of whatever collection, as the parts below the typed surface pass it on. */
export type AnyEntity = Record<string, any>;
