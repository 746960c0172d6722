/** Preloaded into a child: when the process that started it is gone, however that happened, the child stops as well. */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
