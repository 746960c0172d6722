/** Where an engine keeps one value, apart from its key, so that the value can be replaced without a search for the key. */
export class Cell<V> {
  value: V;

  constructor(value: V) {
    this.value = value;
  }
}

export const valueOf = <V>(stored: V | Cell<V>): V => (stored instanceof Cell ? stored.value : stored);
