import type { Explanation, ScoresResponse } from '../../engine/client/index.js';
import type {
  Action,
  InstanceView,
  JournalEntry,
  MaintenanceResponse,
  ModesResponse,
  Plan,
} from '../../scheduler/client/index.js';
import { instanceScore, metricScore } from './scores.js';

/** A point in time that reads well: 14:05:42 UTC. */
export const noon = Date.parse('2025-11-21T14:05:42Z');
export const ago = (seconds: number): number => noon - seconds * 1_000;

const red = instanceScore({
  service: 'orders',
  instance: 'orders-2',
  zone: 'red',
  zoneSince: ago(252),
  why: 'error_ratio 8.2 %',
  score: 20,
  smoothed: 24.2,
  levels: [
    { level: 'system', weighted: 100, score: 100, ceiling: null, coverage: 1 },
    {
      level: 'app',
      weighted: 80.4,
      score: 20,
      ceiling: { metric: 'error_ratio', at: 20, pointsLost: 60.4 },
      coverage: 1,
    },
  ],
  causes: [
    {
      ...{ name: 'error_ratio', level: 'app', source: 'ratio', value: 0.082, penalty: 1, pointsLost: 11.1111 },
      ...{ absence: null, blame: 'self', peersMedianPenalty: 0, traffic: true, moving: false, ceiling: true },
    },
  ],
  at: ago(1),
});

export const scores: ScoresResponse = {
  now: noon,
  ready: true,
  services: [
    {
      service: 'orders',
      discovery: { state: 'live', why: 'Consul answers', at: ago(3) },
      instances: [instanceScore({ at: ago(1) }), red, instanceScore({ instance: 'same', at: ago(1) })],
    },
    {
      service: 'users',
      discovery: { state: 'live', why: 'Consul answers', at: ago(3) },
      instances: [instanceScore({ service: 'users', instance: 'same', at: ago(1) })],
    },
  ],
};

export const explanation: Explanation = {
  now: noon,
  instance: red,
  sentence: 'orders-2 is red: score 20 (red is below 50) for 4m12s. Worst level: app.',
  zones: { goodScore: 80, criticalScore: 50, fall: 3, rise: 2, minCoverage: 0.6 },
  metrics: [
    metricScore({ name: 'process_up', level: 'system', source: 'up', unit: 'none', value: 1, good: 1, critical: 0 }),
    metricScore({ name: 'cpu', value: 0.61, weight: 0.1 }),
    metricScore({
      ...{ name: 'error_ratio', source: 'ratio', value: 0.082, good: 0.005, critical: 0.05, penalty: 1, weight: 0.1 },
      pointsLost: 11.1111,
    }),
    metricScore({
      ...{ name: 'latency_p95', unit: 'seconds', value: 1.21, good: 0.25, critical: 1.5, penalty: 0.768, weight: 0.1 },
      ...{ pointsLost: 8.4889, blame: 'dependency' },
    }),
    metricScore({
      name: 'memory',
      value: null,
      status: 'absent',
      absence: 'never-exposed',
      penalty: null,
      weight: 0.1,
    }),
    metricScore({ name: 'heap', unit: 'bytes', value: 2 ** 29, good: 2 ** 30, critical: 2 ** 31, dryRun: true }),
  ],
  notes: ['memory: not once on the page for 1h; not counted.'],
  peers: { count: 2, medianScore: 96, sentence: 'Peers: median 96. This looks local to the instance.' },
};

export const instanceView = (change: Partial<InstanceView> = {}): InstanceView => ({
  service: 'orders',
  instance: 'orders-1',
  node: 'n1',
  address: '10.0.0.1',
  port: 8080,
  zone: 'green',
  score: 100,
  lifecycle: 'serving',
  since: ago(3_600),
  breaker: { state: 'closed', opened: 0, since: ago(3_600) },
  weight: 100,
  applied: 100,
  reasons: [{ code: 'FULL', text: 'score 100' }],
  heldBack: [],
  action: null,
  ...change,
});

export const instances: readonly InstanceView[] = [
  instanceView(),
  instanceView({
    ...{ instance: 'orders-2', zone: 'red', score: 20, lifecycle: 'out', since: ago(60), weight: 0, applied: null },
    breaker: { state: 'open', opened: 1, since: ago(60), until: noon, failedProbations: 0 },
    reasons: [{ code: 'RED', text: 'score 20 for 3 evaluations' }],
    heldBack: [{ code: 'DWELL', allowed: false, text: 'red and out for 12s of 60s' }],
  }),
];

export const plan: Plan = {
  at: noon,
  services: [
    {
      service: 'orders',
      upstream: 'orders',
      mode: { traffic: 'act', heal: 'observe' },
      state: 'degraded',
      reasons: [],
      servers: instances.map(({ instance, address, port, weight, lifecycle, zone, reasons }) => ({
        ...{ instance, address, port, weight: weight ?? 0, lifecycle, zone, reasons },
      })),
      proposals: [],
    },
  ],
};

export const journal: readonly JournalEntry[] = [
  {
    ...{ seq: 41, at: ago(61), kind: 'traffic', service: 'orders', instance: 'orders-2', action: null, code: 'RED' },
    ...{ text: '3 of 3 evaluations -> out of rotation', token: 7, data: {} },
  },
  {
    ...{
      seq: 42,
      at: ago(60),
      kind: 'gateway',
      service: 'orders',
      instance: 'orders-2',
      action: null,
      code: 'APPLIED',
    },
    ...{ text: 'weight 100 -> out, reload 31 ms', token: 7, data: {} },
  },
];

export const action: Action = {
  ...{
    id: 'a1',
    service: 'orders',
    instance: 'orders-2',
    node: 'n1',
    step: 'restart',
    signature: 'errors',
    because: 'red for 60s',
  },
  ...{ nodeAddress: '10.0.0.9', address: '10.0.0.2', port: 8080 },
  identity: { kind: 'docker', containerId: 'c1', startedAt: '2025-11-21T10:00:00Z' },
  ...{ newIdentity: null, phase: 'draining', token: 7, intentAt: ago(10), phaseAt: ago(8), deadline: noon + 20_000 },
  ...{ greenSince: null, falsePositive: false, outcome: null, outcomeText: null, verdicts: [] },
  ...{ by: { kind: 'ballast' }, approval: null },
};

export const maintenance: MaintenanceResponse = {
  maintenance: [
    {
      ...{ kind: 'maintenance', scope: 'service/orders', author: 'ana', reason: 'disks' },
      ...{ since: noon, until: Date.parse('2099-01-01T00:00:00Z') },
    },
  ],
  windows: [
    {
      ...{ service: null, cron: '0 2 * * 0', timezone: 'UTC', forMs: 7_200_000, reason: 'patch night' },
      ...{ openUntil: null, next: Date.parse('2099-01-04T02:00:00Z') },
    },
  ],
};

export const modes: ModesResponse = {
  modes: [
    {
      ...{ kind: 'mode', scope: 'service/orders', heal: 'observe', author: 'ana', reason: 'odd' },
      ...{ since: noon, until: null },
    },
  ],
  services: [{ service: 'orders', file: 'act', inForce: 'observe' }],
};
