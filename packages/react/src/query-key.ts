/** When two queries of two renders are the same, so that building a query inline does not subscribe again each time. */
export function queryKey(query: object): string {
  return JSON.stringify(query, (_name, value: unknown) => (value instanceof Set ? [...value] : value));
}
