/** Under what a fault is looked at. Each differs from the first in one thing. */
export interface Condition {
  readonly name: string;
  readonly instances: number;
  /** Requests a second to the whole service. */
  readonly perSecond: number;
  /** Share of all requests that fail on every instance at all times. */
  readonly baseErrors: number;
  readonly intervalMs: number;
  /** Metrics jitter by so much of their band. */
  readonly noise: number;
  /** Share of the scrapes that do not come back. */
  readonly lostScrapes: number;
  /** All instances but the first are replaced, one every 30 s; a new one is slow for 20 s. */
  readonly deploy: boolean;
  /** Another instance fails all of its requests for 3 s, once a minute. */
  readonly spikes: boolean;
}

const usual: Condition = {
  name: 'usual',
  instances: 4,
  perSecond: 200,
  baseErrors: 0,
  intervalMs: 5_000,
  noise: 0,
  lostScrapes: 0,
  deploy: false,
  spikes: false,
};

const but = (name: string, change: Partial<Condition>): Condition => ({ ...usual, ...change, name });

export const conditions: readonly Condition[] = [
  usual,
  but('1 % errors', { baseErrors: 0.01 }),
  but('3 % errors', { baseErrors: 0.03 }),
  but('20 req/s', { perSecond: 20 }),
  but('2,000 req/s', { perSecond: 2_000 }),
  but('2 instances', { instances: 2 }),
  but('3 instances', { instances: 3 }),
  but('20 instances', { instances: 20 }),
  but('noise', { noise: 0.4 }),
  but('cold deploy', { deploy: true }),
  but('spikes', { spikes: true }),
  but('noisy exporter', { noise: 0.3, lostScrapes: 0.1 }),
  but('interval 1 s', { intervalMs: 1_000 }),
];

export const spikeMs = 3_000;
export const spikeEveryMs = 60_000;
export const deployEveryMs = 30_000;
export const coldMs = 20_000;
