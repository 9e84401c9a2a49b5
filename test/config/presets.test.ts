import { expect } from 'chai';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { checkQueries } from '../../config/queries.js';
import { checkQuery } from '../../engine/derive/index.js';
import type { Level } from '../../config/index.js';
import { policyFor } from '../support/policy.js';

const { metrics } = policyFor('preset: [node, node-exporter]');
const weights = (level: Level) =>
  Object.fromEntries(
    metrics.filter((metric) => metric.level === level).map(({ name, weight, cap }) => [name, [weight, cap]]),
  );

describe('the presets', () => {
  it('carry the application parameters of the model, its weights, and a cap on each that must not be averaged away', () => {
    expect(weights('app')).to.deep.equal({
      error_logs: [0.1, null],
      db_connections: [0.2, 45],
      response_time: [0.1, 45],
      error_ratio: [0.1, 20],
      cpu: [0.1, 60],
      memory: [0.1, 40],
      event_loop_lag: [0.2, 40],
      stall: [0.1, 20],
      open_files: [0.1, 30],
    });
  });

  it('carry the system parameters of the model', () => {
    expect(weights('system')).to.deep.equal({
      process_up: [1, 0],
      node_memory: [0.5, null],
      node_files: [1, 30],
      node_cpu: [0.5, null],
    });
  });

  it('can make an instance red only by caps under the critical score', () => {
    const red = metrics.filter(({ level, cap }) => level === 'app' && cap !== null && cap < 50).map(({ name }) => name);
    expect(red).not.to.include('cpu');
    expect(red).to.include.members(['error_ratio', 'stall', 'memory', 'event_loop_lag', 'response_time']);
  });

  it('ask what the engine can answer', () => {
    expect(checkQueries(policyFor('preset: [node, node-exporter]'), checkQuery)).to.deep.equal([]);
  });

  it('ask prom-client for what it exposes by default, under its names', async () => {
    const register = new Registry();
    collectDefaultMetrics({ register });
    const exposed = new Set((await register.getMetricsAsJSON()).map(({ name }) => name));
    const asked =
      metrics.flatMap(({ source }) => (source.kind === 'query' ? source.promql.match(/\b[a-z_0-9]+\b/g) : [])) ?? [];
    const defaults = asked.filter((name) => name !== null && /^(?:process|nodejs)_/.test(name));
    const own = ['process_memory_limit_bytes'];
    expect(defaults.filter((name) => name !== null && !exposed.has(name))).to.deep.equal(own);
    expect(defaults).to.include.members(['process_cpu_seconds_total', 'nodejs_eventloop_lag_p99_seconds']);
  });
});
