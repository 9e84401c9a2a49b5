import { expect } from 'chai';
import type { Zone } from '../../engine/client/index.js';
import { instanceNamed, metricOf, refused } from '../support/observations.js';
import { policyFor } from '../support/policy.js';
import { Timeline } from '../support/timeline.js';

const policy = policyFor('preset: [node, node-exporter]');

/** The zone when one metric is critical, for long, and all others are good. */
const zoneWhenCritical = (name: string): Zone => {
  const timeline = new Timeline(policy);
  const { source, critical } = metricOf(policy, name);
  timeline.repeat(5);
  if (source.kind === 'up') return timeline.repeat(6, {}, { up: refused(timeline.now, 6) }).zone;
  return timeline.repeat(6, { [name]: critical }).zone;
};

describe('the zone of each single critical metric of the presets node and node-exporter', () => {
  const expected: Readonly<Record<string, Zone>> = {
    error_logs: 'green',
    db_connections: 'red',
    response_time: 'red',
    error_ratio: 'red',
    cpu: 'yellow',
    memory: 'red',
    event_loop_lag: 'red',
    stall: 'red',
    open_files: 'red',
    process_up: 'red',
    node_memory: 'green',
    node_files: 'yellow',
    node_cpu: 'green',
  };

  it('covers every metric', () => {
    expect(policy.metrics.map(({ name }) => name).sort()).deep.equal(Object.keys(expected).sort());
  });

  for (const [name, zone] of Object.entries(expected))
    it(`${name}: ${zone}`, () => expect(zoneWhenCritical(name)).equal(zone));

  it('the whole system level critical is yellow, as long as the process is up', () => {
    const timeline = new Timeline(policy, 0, instanceNamed('checkout-1'));
    expect(timeline.repeat(6, { node_memory: 1, node_files: 1, node_cpu: 1 })).include({ zone: 'yellow', score: 50 });
  });

  it('half of all requests failing is red, where a mean alone would say 91', () => {
    const timeline = new Timeline(policy);
    const score = timeline.repeat(3, { error_ratio: 0.5 });
    expect(score).include({ zone: 'red', score: 20 });
    expect(score.levels[0]?.weighted).within(88, 92);
  });
});
