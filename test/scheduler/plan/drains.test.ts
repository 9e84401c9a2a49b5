import { expect } from 'chai';
import fc from 'fast-check';
import {
  type Controls,
  type Drain,
  noControls,
  type Order,
  type ServiceRecord,
} from '../../../scheduler/client/index.js';
import { planService, type Planned } from '../../../scheduler/plan/index.js';
import { actingPolicy, aWorld, type InstanceStory, theService } from '../../support/world.js';

const start = 1_000_000;

const drain = (instance: string, more: Partial<Drain> = {}): Drain => ({
  ...{ kind: 'drain', service: 'orders', instance, author: 'ana', reason: 'disks', since: start, until: null },
  ...{ restored: null, requests: [] },
  ...more,
});

const order: Order = {
  ...{ kind: 'order', id: 'o1', service: 'orders', instance: 'orders-2', step: 'restart', author: 'ana' },
  ...{ reason: 'leaks', at: start, until: start + 600_000, forced: false, requests: [] },
};

/** One service over time: what is remembered goes from step to step. */
class Line {
  record: ServiceRecord | null = null;
  now = start;

  constructor(readonly policy = actingPolicy('orders', 'guardrails: {min_available: 2}\n')) {}

  step(stories: readonly InstanceStory[], controls: Partial<Controls> | null = {}, ms = 1_000): Planned {
    this.now += ms;
    const builder = aWorld(this.now).service('orders', this.policy);
    stories.forEach((story, i) => builder.instance(`orders-${i + 1}`, story));
    const service = theService(builder.build());
    const entries = service.catalog.kind === 'waiting' ? [] : service.catalog.entries;
    const ground = { controls: controls && { ...noControls, ...controls }, fleet: {}, gateway: null };
    const planned = planService(service, entries, this.record, 7, this.now, ground);
    this.record = planned.record;
    return planned;
  }
}

const green: InstanceStory = { inFlight: 0 };
const weights = ({ plan }: Planned): number[] => plan.servers.map(({ weight }) => weight);
const server = ({ plan }: Planned, nth: number) => plan.servers[nth];
const four = [green, green, green, green];

describe('drains by people', () => {
  it('take an instance out, with name, reason and numbers, and leave it out whatever its score says', () => {
    const line = new Line();
    line.step(four);
    const planned = line.step(four, { drains: [drain('orders-2')] });
    expect(weights(planned)).to.deep.equal([100, 0, 100, 100]);
    expect(server(planned, 1)?.reasons).to.deep.equal([
      { code: 'DRAINED', text: 'ana drained it: disks; available after: 3 of 4 (minimum 2)' },
    ]);
    expect(planned.events[0]?.text).to.contain('weight 100 -> out: ana drained it: disks');
    for (let i = 0; i < 5; i++) line.step(four, { drains: [drain('orders-2')] }, 60_000);
    expect(line.record?.instances['orders-2']).to.deep.include({ lifecycle: 'out', weight: 0, drained: start });
  });

  it('end with their time, or when somebody restores it: the weight ramps up again', () => {
    for (const over of [{ until: start + 5_000 }, { restored: { author: 'ben', reason: 'done', at: start + 4_000 } }]) {
      const line = new Line();
      line.step(four);
      line.step(four, { drains: [drain('orders-2', { until: start + 5_000 })] });
      const back = line.step(four, { drains: [drain('orders-2', over)] }, 3_000);
      expect(server(back, 1)?.reasons.map(({ code }) => code)).to.deep.equal(['RAMP', 'FULL']);
      expect(line.record?.instances['orders-2']).to.deep.include({ lifecycle: 'serving', drained: null });
    }
  });

  it('drain: requests in flight are waited for, at most as long as the file says', () => {
    const line = new Line();
    line.step(four);
    const busy = [green, { inFlight: 3 }, green, green];
    const drains = [drain('orders-2')];
    expect(server(line.step(busy, { drains }), 1)?.lifecycle).to.equal('draining');
    expect(server(line.step(busy, { drains }), 1)?.lifecycle).to.equal('draining');
    expect(server(line.step(four, { drains }), 1)?.lifecycle).to.equal('out');
    const slow = new Line();
    slow.step(four);
    slow.step(busy, { drains });
    expect(server(slow.step(busy, { drains }, 31_000), 1)?.lifecycle).to.equal('out');
  });

  it('wait where too few would be left; meanwhile it keeps its weight', () => {
    const line = new Line();
    const two = [green, green, { zone: 'red' as const }, { zone: 'red' as const }];
    line.step(four);
    line.step(two);
    const planned = line.step(two, { drains: [drain('orders-2')] });
    expect(weights(planned)).to.deep.equal([100, 100, 0, 0]);
    expect(server(planned, 1)?.reasons).to.deep.equal([
      { code: 'FULL', text: 'score 97' },
      { code: 'DRAIN_HELD', text: 'ana drained it: disks; 2 in rotation (minimum 2)' },
    ]);
  });

  it('come after those that are ill: only so many may go', () => {
    const line = new Line(actingPolicy('orders', 'guardrails: {min_available: 3}\n'));
    line.step(four);
    const planned = line.step([green, green, green, { zone: 'red' }], { drains: [drain('orders-1')] });
    expect(weights(planned)).to.deep.equal([100, 100, 100, 0]);
  });

  it('never take the only one, nor one of two beside an ill one', () => {
    const lone = new Line(actingPolicy('orders'));
    lone.step([green]);
    expect(weights(lone.step([green], { drains: [drain('orders-1')] }))).to.deep.equal([100]);
    const pair = new Line(actingPolicy('orders'));
    pair.step([green, green]);
    const yellow: InstanceStory = { zone: 'yellow', score: 65, smoothed: 65 };
    expect(weights(pair.step([green, yellow], { drains: [drain('orders-1')] }))).not.to.include(0);
  });

  it('hold while what people say cannot be read', () => {
    const line = new Line();
    line.step(four);
    line.step(four, { drains: [drain('orders-2')] });
    const planned = line.step(four, null);
    expect(weights(planned)).to.deep.equal([100, 0, 100, 100]);
    expect(server(planned, 1)?.reasons[0]?.text).to.contain('cannot be read');
    expect(weights(line.step(four, {})).every((weight) => weight > 0)).to.equal(true);
  });

  it('hold in a panic and while blind, for those that are out', () => {
    const reds: InstanceStory[] = [{ zone: 'red' }, green, { zone: 'red' }, { zone: 'red' }];
    const unknown: InstanceStory[] = [{ zone: 'unknown' }, green, { zone: 'unknown' }, { zone: 'unknown' }];
    for (const [stories, code] of [
      [reds, 'PANIC'],
      [unknown, 'BLIND'],
    ] as const) {
      const line = new Line();
      line.step(four);
      line.step(four, { drains: [drain('orders-2')] });
      const planned = line.step(stories, { drains: [drain('orders-2')] });
      expect(planned.plan.reasons[0]?.code).to.equal(code);
      expect(weights(planned)[1]).to.equal(0);
    }
  });

  it('are no trouble: no episode begins, and the service is not degraded', () => {
    const line = new Line();
    line.step(four);
    const planned = line.step(four, { drains: [drain('orders-2')] });
    expect(planned.plan.state).to.equal('stabilizing');
    expect(line.record?.instances['orders-2']?.episode).to.equal(null);
  });

  it('an order takes it out too, until it is begun or its time is over', () => {
    const line = new Line();
    line.step(four);
    const planned = line.step(four, { orders: [order] });
    expect(weights(planned)).to.deep.equal([100, 0, 100, 100]);
    expect(server(planned, 1)?.reasons[0]?.text).to.contain('ana ordered restart: leaks; available after: 3 of 4');
    expect(weights(line.step(four, { orders: [{ ...order, until: line.now }] }))[1]).to.be.greaterThan(0);
  });

  it('a restore ends a quarantine from before, and none from after', () => {
    const line = new Line();
    line.step(four);
    const before = line.record;
    const memory = before?.instances['orders-2'];
    if (!before || !memory) throw new Error('nothing is remembered');
    const given = { ...memory, quarantine: { since: start, why: 'three steps in vain' }, episode: start };
    const red = [green, { zone: 'red' as const }, green, green];
    for (const [at, ended] of [
      [start - 1, false],
      [start + 1, true],
    ] as const) {
      line.record = { ...before, instances: { ...before.instances, ['orders-2']: given } };
      line.step(red, { drains: [drain('orders-2', { restored: { author: 'ben', reason: 'mended', at } })] });
      expect(line.record.instances['orders-2']?.quarantine === null).to.equal(ended);
    }
  });

  it('whatever is drained, ordered, ill or dead: rotation never falls under the minimum through us', () => {
    const zone = fc.constantFrom('green' as const, 'yellow' as const, 'red' as const, 'unknown' as const);
    const story = fc.record({ zone, up: fc.constantFrom('up' as const, 'down' as const, 'up' as const) });
    const said = fc.record({
      drained: fc.array(fc.integer({ min: 1, max: 6 })),
      ordered: fc.array(fc.integer({ min: 1, max: 6 })),
      readable: fc.boolean(),
    });
    const step = fc.tuple(fc.array(story, { minLength: 6, maxLength: 6 }), said);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), fc.integer({ min: 1, max: 6 }), (steps, minimum) => {
        const line = new Line(actingPolicy('orders', `guardrails: {min_available: ${minimum}}\n`));
        let inside = weights(line.step([green, green, green, green, green, green])).length;
        for (const [stories, { drained, ordered, readable }] of steps) {
          const drains = drained.map((n) => drain(`orders-${n}`));
          const orders = ordered.map((n) => ({ ...order, id: `o${n}`, instance: `orders-${n}` }));
          const planned = line.step(stories, readable ? { drains, orders } : null);
          const left = weights(planned).filter((weight) => weight > 0).length;
          const panics = planned.plan.reasons.some(({ code }) => code === 'PANIC');
          if (!panics) expect(left).to.be.at.least(Math.min(minimum, inside));
          expect(left).to.be.at.least(1);
          inside = left;
        }
      }),
      { numRuns: 150 },
    );
  });
});
