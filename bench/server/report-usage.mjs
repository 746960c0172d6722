/** Loaded into a server process before its program: answers any message of its parent with what it has used so far. */
process.on('message', () => {
  globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  process.send({ cpuUs: user + system, rssBytes: process.memoryUsage().rss });
});
process.channel?.unref();
