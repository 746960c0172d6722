/**
 * Loaded into a server process before its program: answers any message of its parent with what it has used so far. Garbage
 * is collected before that when it is asked to, so that the time it takes is not counted.
 */
process.on('message', ({ collectGarbage }) => {
  if (collectGarbage) globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  process.send({ cpuUs: user + system, rssBytes: process.memoryUsage().rss });
});
process.channel?.unref();
