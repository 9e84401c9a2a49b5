import { expect } from 'chai';
import { evidenceOf, windowsFor } from '../../engine/derive/evidence.js';
import { answered, lost, refused, type Values } from '../support/observations.js';
import { policyFor } from '../support/policy.js';
import { binomial, seeded } from '../support/random.js';
import { Timeline } from '../support/timeline.js';

const second = 1_000;
const minute = 60 * second;

const policyAt = (interval: string) => policyFor(`preset: [node, node-exporter]\nscrape: {interval: ${interval}}`);

/** Requests and failures counted per interval, and what they prove by the evidence rule. */
class Traffic {
  private readonly counted: { readonly bad: number; readonly total: number }[] = [];
  constructor(private readonly intervalMs: number) {}

  add(bad: number, total: number): Values {
    this.counted.push({ bad, total });
    return { error_ratio: Math.max(...windowsFor(this.intervalMs).map((windowMs) => this.proven(windowMs))) };
  }

  private proven(windowMs: number): number {
    const within = this.counted.slice(-Math.max(1, Math.round(windowMs / this.intervalMs)));
    const sum = (of: 'bad' | 'total'): number => within.reduce((all, each) => all + each[of], 0);
    return evidenceOf(sum('bad'), sum('total'));
  }
}

describe('simulated: noise', () => {
  for (const [interval, requests, instances] of [
    ['1s', 60, 12],
    ['5s', 300, 12],
  ] as const)
    it(`1 % base errors at 60 requests a second for 30 minutes are never red, at ${interval}`, () => {
      const policy = policyAt(interval);
      for (let seed = 1; seed <= instances; seed += 1) {
        const random = seeded(seed);
        const timeline = new Timeline(policy);
        const traffic = new Traffic(policy.scrape.intervalMs);
        for (const end = timeline.now + 30 * minute; timeline.now < end;)
          timeline.next(traffic.add(binomial(random, requests, 0.01), requests));
        expect(timeline.zones, `seed ${seed}`).not.contain('r');
      }
    });

  it('1 % of scrapes lost: neither the zone nor the smoothed score ever moves', () => {
    const random = seeded(7);
    const timeline = new Timeline(policyAt('1s'));
    const before = timeline.repeat(3).smoothed;
    let inARow = 0;
    for (let i = 0; i < 1_800; i += 1) {
      inARow = random() < 0.01 ? inARow + 1 : 0;
      const score = timeline.next({}, inARow > 0 ? { up: lost(timeline.now, inARow) } : {});
      expect(score).include({ zone: 'green', smoothed: before });
    }
    expect(timeline.explain().instance.evaluation).equal(1_803);
  });

  it('10 % noise on every gauge at its good value costs no zone', () => {
    const policy = policyAt('5s');
    const random = seeded(3);
    const timeline = new Timeline(policy);
    for (let i = 0; i < 720; i += 1) {
      const noisy = policy.metrics
        .filter(({ source }) => source.kind === 'query')
        .map(({ name, good }) => [name, good * (0.9 + 0.2 * random())] as const);
      timeline.next(Object.fromEntries(noisy));
    }
    expect(timeline.zones).match(/^ug+$/);
  });
});

describe('simulated: faults', () => {
  const begin = (): { timeline: Timeline; traffic: Traffic; serve: (share: number, count?: number) => void } => {
    const timeline = new Timeline(policyAt('1s'));
    const traffic = new Traffic(second);
    const random = seeded(11);
    const serve = (share: number, count = 1): void => {
      for (let i = 0; i < count; i += 1) timeline.next(traffic.add(binomial(random, 60, share), 60));
    };
    serve(0, 40);
    timeline.zones = '';
    return { timeline, traffic, serve };
  };

  it('half of all requests failing: red at the third evaluation', () => {
    const { timeline, serve } = begin();
    serve(0.5, 4);
    expect(timeline.zones).equal('ggrr');
  });

  it('a tenth failing for good is red within half a minute', () => {
    const { timeline, serve } = begin();
    serve(0.1, 30);
    expect(timeline.zones).match(/r$/);
  });

  it('a spike of 2 s leaves no trace after 40 s, and full weight after 90 s', () => {
    const { timeline, serve } = begin();
    serve(1, 2);
    serve(0, 40);
    expect(timeline.zone).equal('green');
    serve(0, 48);
    expect(timeline.explain().instance.smoothed).above(80);
    expect(timeline.zones.slice(40)).not.match(/[ryu]/);
  });

  it('a gauge that spikes for 2 s does nothing at all', () => {
    const timeline = new Timeline(policyAt('1s'));
    timeline.repeat(5);
    for (const bad of [true, true, false, false, false])
      expect(timeline.next(bad ? { memory: 1, cpu: 2, event_loop_lag: 3 } : {})).include({
        zone: 'green',
        smoothed: 100,
      });
  });

  it('a crash that is back after two scrapes is another process, not a red one', () => {
    const timeline = new Timeline(policyAt('1s'));
    timeline.repeat(5);
    for (let i = 1; i <= 2; i += 1) timeline.next({}, { up: refused(timeline.now, i) });
    timeline.repeat(30, {}, { up: answered(timeline.now), processStartedAt: 99 * second });
    expect(timeline.zones).equal('ugggg' + 'gg' + 'u'.repeat(21) + 'g'.repeat(9));
  });
});
