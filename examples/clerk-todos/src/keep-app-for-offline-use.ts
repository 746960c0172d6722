/** Registers the service worker and tells it which files this page loaded before the worker was there. */
export function keepAppForOfflineUse(): void {
  if (!('serviceWorker' in navigator)) return;
  const register = async () => {
    await navigator.serviceWorker.register('/service-worker.js');
    const { active } = await navigator.serviceWorker.ready;
    const loaded = performance.getEntriesByType('resource').map((entry) => entry.name);
    active?.postMessage({ type: 'keep', urls: [`${location.origin}/`, ...new Set(loaded)] });
  };
  // Without the worker the app only loses its offline reload, so a refusal by the browser is not an error.
  register().catch(() => undefined);
}
