/** Loaded into a server process before its program: answers any message of its parent with what it has used so far. */
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  globalThis.gc?.();
  process.send({ cpuUs: user + system, rssBytes: process.memoryUsage().rss });
});
process.channel?.unref();
