/**
 * Keeps the app itself (not its data) for times without a network, so that a reload works offline. The network always
 * comes first; what was answered last is the fallback. Data is the business of Triplit's own storage.
 */
const CACHE = 'clerk-todos-app-1';
const MAX_ENTRIES = 1500;

self.addEventListener('install', () => self.skipWaiting());

self.addEventListener('activate', (event) => {
  const dropOldCaches = async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(dropOldCaches());
});

/** The page sends what it had loaded before this worker took over. */
self.addEventListener('message', (event) => {
  if (event.data?.type !== 'keep') return;
  const keep = async (url) => {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) await store(new Request(url), response);
  };
  event.waitUntil(Promise.all(event.data.urls.filter((url) => isPartOfApp(new URL(url))).map(keep)));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method === 'GET' && isPartOfApp(new URL(request.url))) event.respondWith(networkFirst(request));
});

function isPartOfApp(url) {
  return url.origin === self.location.origin && !url.pathname.startsWith('/fapi');
}

async function networkFirst(request) {
  try {
    const response = await fetch(request);
    if (response.ok) await store(request, response.clone());
    return response;
  } catch (error) {
    const cache = await caches.open(CACHE);
    const kept = await cache.match(request.mode === 'navigate' ? '/' : request, { ignoreVary: true });
    if (kept) return kept;
    throw error;
  }
}

async function store(request, response) {
  const cache = await caches.open(CACHE);
  await cache.put(request.mode === 'navigate' ? '/' : request, response);
  const keys = await cache.keys();
  await Promise.all(keys.slice(0, Math.max(0, keys.length - MAX_ENTRIES)).map((key) => cache.delete(key)));
}
