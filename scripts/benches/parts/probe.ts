/** Loaded into the engine's process before the engine: says over IPC how its memory and its event loop do. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { z } from 'zod';

export const probeCommandSchema = z.object({ kind: z.enum(['reset', 'read', 'collect']) });

export const probeAnswerSchema = z.object({
  heapUsed: z.number(),
  external: z.number(),
  arrayBuffers: z.number(),
  rss: z.number(),
  /** The event loop's longest delay since the last reset, in ms; its own timer has a resolution of one. */
  longestMs: z.number(),
  p99Ms: z.number(),
});

export type ProbeAnswer = z.infer<typeof probeAnswerSchema>;

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
