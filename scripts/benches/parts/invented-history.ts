/** A day of a fleet's history as the engine would have left it: values that wander, now and then a fault of some minutes. */
import { statSync } from 'node:fs';
import { loadPresets, loadService } from '../../../config/load.js';
import type { ServicePolicy } from '../../../config/index.js';
import { formatProblem } from '../../../config/problems.js';
import { CHUNK_MS, type Point } from '../../../engine/store/index.js';
import { migrations } from '../../../engine/store/schema.js';
import { Tables } from '../../../engine/store/tables.js';
import { createLog } from '../../../lib/log.js';
import { openDatabase } from '../../../lib/sqlite.js';

const intervalMs = 5_000;
const hourMs = 3_600_000;
const names = ['cpu', 'memory', 'queue', 'latency', 'threads', 'files', 'errors', 'process_up'] as const;

const policyOf = (critical: number): ServicePolicy => {
  const gauge = (name: string): string =>
    `  ${name}: {level: app, query: ${name}, good: 0.5, critical: ${critical}, weight: 0.1, cap: 40}`;
  const text = [
    'service: checkout',
    'scrape: {interval: 5s}',
    'metrics:',
    ...names.slice(0, -2).map(gauge),
    '  errors: {level: app, ratio: {bad: bad, total: all}, good: 1%, critical: 10%, weight: 0.1, cap: 20}',
    '  process_up: {level: system, up: true, weight: 1, cap: 0}',
  ].join('\n');
  const { value, problems } = loadService('checkout.yaml', text, loadPresets(), { env: {} });
  if (value === null) throw new Error(problems.map(formatProblem).join('\n'));
  return value;
};

export const inventedPolicies = (): { readonly recorded: ServicePolicy; readonly candidate: ServicePolicy } => ({
  recorded: policyOf(1),
  candidate: policyOf(0.8),
});

/** Mulberry32: small, and alike on every machine. */
const seeded = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** One instance's values, step by step. */
const wandering = (random: () => number): (() => readonly number[]) => {
  const levels = names.map(() => 0.2 + 0.2 * random());
  let faultFor = 0;
  return () => {
    if (faultFor === 0 && random() < 0.0005) faultFor = 60;
    if (faultFor > 0) faultFor -= 1;
    return levels.map((level, i) => {
      if (i === names.length - 1) return 1;
      if (i === names.length - 2) return faultFor > 0 ? 0.2 + 0.1 * random() : 0;
      return level + 0.1 * random() + (faultFor > 0 && i === 0 ? 0.6 : 0);
    });
  };
};

const pointOf = (at: number, values: readonly number[]): Point => {
  const bad = (values[0] ?? 0) > 0.8;
  const raw = bad ? 40 : 97.25;
  return {
    at,
    zone: bad ? 'red' : 'green',
    up: 'up',
    raw,
    smoothed: raw,
    levels: { app: raw, system: 100, gateway: null },
    metrics: values.map((value, i) => ({ status: 'judged', value, penalty: i === 0 && bad ? 1 : 0 })),
  };
};

/** Writes the file; the time that it covers, and its size. */
export const inventHistory = (
  path: string,
  policy: ServicePolicy,
  { instances, hours }: { readonly instances: number; readonly hours: number },
): { readonly from: number; readonly to: number; readonly bytes: number } => {
  const database = openDatabase(path, migrations, createLog({ level: 'silent', name: 'bench' }));
  const tables = new Tables(database);
  const to = Date.UTC(2030, 0, 2);
  const from = to - hours * hourMs;
  tables.names.addPolicy(policy.hash, from, JSON.stringify(policy));
  for (let i = 0; i < instances; i += 1) {
    const next = wandering(seeded(i + 1));
    const judged = { service: policy.service, instance: `checkout-${i}`, policy: policy.hash, metrics: names };
    tables.transaction(() => {
      for (let start = from; start < to; start += CHUNK_MS) {
        const points: Point[] = [];
        for (let at = start; at < start + CHUNK_MS; at += intervalMs) points.push(pointOf(at + (i % 50), next()));
        tables.addChunk({ judged, points });
      }
    });
  }
  database.close();
  return { from, to, bytes: statSync(path).size };
};
