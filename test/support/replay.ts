import type { Faring, Replay } from '../../engine/client/index.js';

const minute = 60_000;
const noon = Date.UTC(2030, 0, 1, 12);

export const aFaring = (change: Partial<Faring> = {}): Faring => ({
  zoneMs: { green: 60 * minute, yellow: 0, red: 0, unknown: 0 },
  zoneChanges: 0,
  minScore: 92,
  outs: 0,
  outMs: 0,
  meanShare: 1,
  ...change,
});

/** One of two instances would have been red for five minutes. */
export const aReplay = (): Replay => {
  const red = aFaring({
    zoneMs: { green: 55 * minute, yellow: 0, red: 5 * minute, unknown: 0 },
    zoneChanges: 2,
    minScore: 40,
    outs: 1,
    outMs: 5 * minute,
    meanShare: 0.917,
  });
  const quiet = {
    evaluations: 720,
    recorded: aFaring(),
    candidate: aFaring(),
    differences: 0,
    differsMs: 0,
    first: [],
  };
  return {
    service: 'orders',
    from: noon,
    to: noon + 60 * minute,
    evaluations: 1_440,
    damaged: 0,
    recorded: aFaring({ zoneMs: { green: 120 * minute, yellow: 0, red: 0, unknown: 0 } }),
    candidate: { ...red, zoneMs: { ...red.zoneMs, green: 115 * minute } },
    instances: [
      {
        ...quiet,
        instance: 'orders-2',
        candidate: red,
        differences: 1,
        differsMs: 5 * minute,
        first: [
          {
            at: noon + 10 * minute,
            until: noon + 15 * minute,
            recorded: { zone: 'green', score: 92 },
            candidate: { zone: 'red', score: 40 },
            cause: 'memory',
          },
        ],
      },
      { ...quiet, instance: 'orders-1' },
    ],
  };
};
