/** Hints of the browser about the network. Where there are none, as on servers, nothing is ever said. */

export interface NetworkSignals {
  /** The network is back, or somebody looks at the page again. */
  readonly onHurry: () => void;
  readonly onOffline: () => void;
}

/** Returns a function that stops watching. */
export function watchNetwork({ onHurry, onOffline }: NetworkSignals): () => void {
  if (typeof globalThis.addEventListener !== 'function') return () => undefined;
  const page = typeof document === 'undefined' ? undefined : document;
  const onVisibilityChange = (): void => {
    if (page?.visibilityState === 'visible') onHurry();
  };
  globalThis.addEventListener('online', onHurry);
  globalThis.addEventListener('offline', onOffline);
  page?.addEventListener('visibilitychange', onVisibilityChange);
  return () => {
    globalThis.removeEventListener('online', onHurry);
    globalThis.removeEventListener('offline', onOffline);
    page?.removeEventListener('visibilitychange', onVisibilityChange);
  };
}
