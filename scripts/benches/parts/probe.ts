/** Loaded into the engine's process before the engine: says over IPC how its memory and its event loop do. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { probeCommandSchema, type ProbeAnswer } from './probe-protocol.js';

if (process.send !== undefined) {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  process.on('message', (message) => {
    const { kind } = probeCommandSchema.parse(message);
    if (kind === 'collect') globalThis.gc?.();
    const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage();
    const answer: ProbeAnswer = {
      ...{ heapUsed, external, arrayBuffers, rss },
      longestMs: delays.max / 1e6,
      p99Ms: delays.percentile(99) / 1e6,
    };
    if (kind === 'reset') delays.reset();
    process.send?.(answer);
  });
  // The channel alone must not keep the process alive when the engine has stopped.
  process.channel?.unref();
}
