import { expect } from 'chai';
import { Registry } from 'prom-client';
import { SchedulerMetrics } from '../../../scheduler/api/metrics.js';
import { FleetTimeline } from '../../support/fleet-timeline.js';
import { actingPolicy } from '../../support/world.js';

const second = 1_000;

describe("the scheduler's metrics", () => {
  it('show the weights that were decided last, and nobody who is gone', async () => {
    const metrics = new SchedulerMetrics(new Registry());
    const fleet = new FleetTimeline(actingPolicy('orders'), 3);
    fleet.onDecision = ({ world, decision }) => metrics.decided(2, decision, world);
    const weights = async (): Promise<readonly string[]> =>
      (await metrics.registry.metrics()).split('\n').filter((line) => line.startsWith('ballast_scheduler_weight{'));
    fleet.run(5 * second);
    expect(await weights()).to.deep.equal(
      [1, 2, 3].map((nth) => `ballast_scheduler_weight{service="orders",instance="orders-${nth}"} 100`),
    );
    fleet.get('orders-2').alive = false;
    fleet.until('out', () => fleet.weight('orders-2') === 0, 10 * second);
    expect(await weights()).to.include('ballast_scheduler_weight{service="orders",instance="orders-2"} 0');
    fleet.instances.delete('orders-2');
    fleet.run(60 * second);
    expect((await weights()).join('\n')).not.to.contain('orders-2');
  });
});
