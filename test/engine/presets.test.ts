import { expect } from 'chai';
import { loadPresets } from '../../config/load.js';
import { instanceNamed } from '../support/observations.js';
import { policyFor } from '../support/policy.js';
import { presetTables, readPage, zoneWhenCritical } from '../support/preset-tables.js';
import { Timeline } from '../support/timeline.js';

/** A row of a table, however it is padded. */
const cellsOf = (line: string): string =>
  line
    .split('|')
    .map((cell) => cell.trim().replace(/^-+$/, '---'))
    .join('|');

describe('the zone of each single critical metric', () => {
  const red = 'red';
  const zones: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    node: {
      ...{ error_logs: 'green', db_connections: red, response_time: red, error_ratio: red, cpu: 'yellow', memory: red },
      ...{ event_loop_lag: red, stall: red, open_files: red, process_up: red },
    },
    'node-exporter': { process_up: red, node_memory: 'green', node_files: 'yellow', node_cpu: 'green' },
    'spring-boot': {
      ...{ error_logs: 'green', db_connections: red, response_time: red, error_ratio: red, cpu: 'yellow', memory: red },
      ...{ system_cpu: 'green', gc: red, threads: red, request_threads: red, stall: red, open_files: red },
      process_up: red,
    },
    jvm: {
      ...{ error_logs: 'green', db_connections: red, cpu: 'yellow', memory: red, gc: red, threads: red, deadlock: red },
      ...{ open_files: red, process_up: red },
    },
    go: {
      ...{ error_logs: 'green', db_connections: red, response_time: red, error_ratio: red, cpu: 'yellow', memory: red },
      ...{ gc: red, goroutines: red, stall: red, open_files: red, process_up: red },
    },
    'json-health': {
      ...{ error_logs: 'green', response_time: red, error_ratio: red, memory: red, gc: red, threads: red },
      ...{ deadlock: red, stall: red, open_files: red, process_up: red },
    },
  };

  it('is written down for every preset and every metric', () => {
    const all = [...loadPresets().keys()].map((preset) => [
      preset,
      policyFor(`preset: ${preset}`)
        .metrics.map(({ name }) => name)
        .sort(),
    ]);
    expect(Object.fromEntries(all)).deep.equal(
      Object.fromEntries(Object.entries(zones).map(([preset, metrics]) => [preset, Object.keys(metrics).sort()])),
    );
  });

  for (const [preset, metrics] of Object.entries(zones))
    it(`of ${preset}`, () => {
      const policy = policyFor(`preset: ${preset}`);
      const found = Object.keys(metrics).map((name) => [name, zoneWhenCritical(policy, name)]);
      expect(Object.fromEntries(found)).deep.equal(metrics);
    });

  it('stands in docs/presets.md, with thresholds, weights and caps', () => {
    const documented = readPage().split('\n').map(cellsOf);
    for (const line of presetTables().split('\n')) expect(documented, line).include(cellsOf(line));
  });

  it('the whole system level critical is yellow, as long as the process is up', () => {
    const timeline = new Timeline(policyFor('preset: [node, node-exporter]'), 0, instanceNamed('checkout-1'));
    expect(timeline.repeat(6, { node_memory: 1, node_files: 1, node_cpu: 1 })).include({ zone: 'yellow', score: 50 });
  });

  it('half of all requests failing is red, where a mean alone would say 91', () => {
    const timeline = new Timeline(policyFor('preset: [node, node-exporter]'));
    const score = timeline.repeat(3, { error_ratio: 0.5 });
    expect(score).include({ zone: 'red', score: 20 });
    expect(score.levels[0]?.weighted).within(88, 92);
  });
});
