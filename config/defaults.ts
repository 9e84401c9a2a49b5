/**
 * The one table of defaults. Whatever a file and its presets leave unsaid has the value that stands here, and nowhere
 * else. Durations in milliseconds, shares 0..1, scores 0..100. Each group says what it rests on.
 */
import type {
  BreakerPolicy,
  ConsulConfig,
  DiscoverConfig,
  DrainPolicy,
  GatewayConfig,
  GuardrailPolicy,
  HealPolicy,
  ScoringPolicy,
  ScrapePolicy,
  TrafficPolicy,
  ZonePolicy,
} from './policy.js';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** Scrape timeouts: connect 1-2 s and read 2-5 s are what others learned; never more than 0.8 of the interval. */
export const scrape: ScrapePolicy = {
  scheme: 'http',
  path: '/metrics',
  format: 'auto',
  gzip: false,
  port: null,
  intervalMs: 5 * second,
  connectTimeoutMs: 1 * second,
  timeoutMs: 2 * second,
  bodyLimitBytes: 10 * 2 ** 20,
};

/** Prometheus itself scrapes every 15 s as most people run it; asked more often it has nothing newer to say. */
export const prometheus = {
  intervalMs: 15 * second,
  timeoutMs: 5 * second,
  label: 'instance',
  match: '{{instance.address}}:{{instance.port}}',
  bodyLimitBytes: 10 * 2 ** 20,
} as const;

/** Share of the interval that a scrape may take. */
export const timeoutShare = 0.8;

/** Held no longer than it takes to notice and to judge anew. */
export const metric = { weight: 0.1, stallAtLeast: 3, holdForMs: 1 * minute } as const;

/** fall and rise as in HAProxy: fall 2 is one evaluation sooner and alarms falsely more. */
export const zones: Omit<ZonePolicy, 'maxScore'> = {
  goodScore: 80,
  criticalScore: 50,
  fall: 3,
  rise: 2,
  minCoverage: 0.6,
};

/** Half-lives were simulated: 60 s up only lengthens recovery. With cold caches a blackout of 10 s took out 4 of 4 in a deploy. */
export const scoring: Omit<ScoringPolicy, 'zones'> = {
  combine: 'worst',
  levelWeights: { app: 1, system: 1, gateway: 1 },
  halfLifeDownMs: 2 * second,
  halfLifeUpMs: 15 * second,
  blackoutMs: 20 * second,
  staleIntervals: 3,
};

/** Opens 30 s as in Envoy (10 s flaps); probation needs requests and good scores, as requests alone passed a slow instance. */
export const breaker: BreakerPolicy = {
  openMs: 30 * second,
  openMaxMs: 300 * second,
  requests: 20,
  goodScores: 3,
  quietMs: 60 * second,
  forgiveMs: 5 * minute,
};

/** The mode is `act` because a file that names an upstream asks for it. */
export const traffic: Omit<TrafficPolicy, 'upstream'> = {
  mode: 'act',
  maxWeight: 100,
  floor: 0.1,
  slowStartMs: 60 * second,
  retries: true,
  connectTimeoutMs: 1 * second,
  readTimeoutMs: 5 * second,
  breaker,
};

export const drain: DrainPolicy = { inFlight: null, deadlineMs: 30 * second };

/** Two of what is written for one do harm: so the old one goes first, unless the file says that both may run. */
export const ladder = {
  steps: [{ do: 'restart', verifyMs: 5 * minute }],
  verifyMs: 5 * minute,
  gentleVerifyMs: 2 * minute,
  gentleTimeoutMs: 10 * second,
  startNewFirst: false,
} as const;

/** Observe first: healing is not undone as cheaply as a weight. A pause of a few seconds is no reason to kill. */
export const heal: HealPolicy = {
  mode: 'observe',
  notify: 'each',
  afterMs: 60 * second,
  afterDownMs: 10 * second,
  ladder: ladder.steps,
  single: 'never',
  graceMs: 30 * second,
  greenForMs: 10 * second,
};

/** Panic as in Envoy, shrink as Eureka's self-preservation, backoff as Kubernetes restarts. */
export const guardrails: GuardrailPolicy = {
  desired: null,
  minAvailable: { kind: 'share', value: 0.5 },
  maxConcurrent: { kind: 'share', value: 0.1 },
  maxActions: 3,
  maxActionsPerNode: 3,
  cooldownMs: 10 * minute,
  backoff: { firstMs: 10 * second, maxMs: 300 * second, jitter: 0.25 },
  panic: 0.5,
  warmUpMs: 60 * second,
  headroom: null,
  shrink: { share: 0.15, atLeast: 2, confirmations: 3 },
};

/** The container label that holds the Consul service id. */
export const dockerLabel = 'ballast.instance';

/** Session numbers are Consul's own advice; a lock-delay of 0 or 1 ms lets two leaders act at once. */
export const consul: Omit<ConsulConfig, 'token' | 'tokenFile' | 'tls' | 'datacenter'> = {
  url: 'http://127.0.0.1:8500',
  prefix: 'ballast/',
  maxStaleMs: 30 * second,
  session: { ttlMs: 15 * second, renewMs: 5 * second, lockDelayMs: 15 * second },
};

/** Who carries the tag wants to be scored; a restart of all instances at once is no reason to forget. */
export const discover: DiscoverConfig = {
  tag: 'ballast',
  presets: [],
  limit: 100,
  appearMs: 5 * second,
  vanishMs: 5 * minute,
};

export const engine = {
  listen: { host: '127.0.0.1', port: 7070 },
  data: '/var/lib/ballast/engine',
  history: { rawMs: 24 * hour, minuteMs: 7 * 24 * hour, hourMs: 90 * 24 * hour, maxBytes: 2 * 2 ** 30 },
  scrapeConcurrency: 200,
} as const;

/** Reds that begin together in so many services have a cause elsewhere. */
export const fleet = { storm: { share: 0.3, atLeast: 3, withinMs: 1 * minute } } as const;

export const scheduler = {
  listen: { host: '127.0.0.1', port: 7071 },
  data: '/var/lib/ballast/scheduler',
  engineUrl: 'http://127.0.0.1:7070',
  maxActions: 10,
  maxConcurrent: 1,
} as const;

export const notify = { summaryMs: 15 * minute, levels: ['page', 'warn', 'info'] } as const;

/** As the checks of dead-man services usually want it. */
export const heartbeat = { everyMs: 1 * minute, method: 'POST' } as const;

/** Reloads: one per 10 s, because 136 in ten minutes piled up workers elsewhere; NGINX has no shutdown timeout of its own. */
export const gateway: GatewayConfig = {
  binary: 'nginx',
  prefix: null,
  config: '/etc/nginx/nginx.conf',
  directory: '/etc/nginx/ballast',
  templates: null,
  mark: { host: '127.0.0.1', port: 7072 },
  workerShutdownTimeoutMs: 30 * second,
  routineReloadMs: 10 * second,
  routineBurst: 2,
  urgentReloadMs: 1 * second,
  routineGenerations: 3,
  urgentGenerations: 6,
  gatherQuietMs: 1 * second,
  gatherMaxMs: 5 * second,
  verifyTimeoutMs: 5 * second,
};

export const dockerSocket = '/var/run/docker.sock';
export const logLevel = 'info' as const;
