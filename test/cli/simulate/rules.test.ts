/** Rules that no day breaks, shown to fail where what they forbid happens; and that chance befalls each by itself. */
import { expect } from 'chai';
import type { InstanceId } from '../../../config/index.js';
import { SimConsul } from '../../../cli/simulate/consul.js';
import { simulate } from '../../../cli/simulate/day.js';
import { defaultFleet } from '../../../cli/simulate/fleet.js';
import type { Truth } from '../../../cli/simulate/rules/model.js';
import { Seen } from '../../../cli/simulate/rules/seen.js';
import { Supersession } from '../../../cli/simulate/rules/supersession.js';
import { adoptedRules } from '../../../cli/simulate/rules/traffic.js';
import { verifiedRules } from '../../../cli/simulate/rules/verified.js';
import { SimService } from '../../../cli/simulate/service.js';
import type { Incident } from '../../../cli/simulate/story.js';
import { emptyLedger } from '../../../scheduler/apply/ledger.js';
import type { DesiredUpstream } from '../../../scheduler/gateway/types.js';
import { policyFor } from '../../support/policy.js';

const minute = 60_000;
const begin = 1_700_000_000_000;
const policy = policyFor('service: orders\npreset: node\ntraffic: {upstream: orders}\n');

const upstream = (weights: Readonly<Record<string, number>>): DesiredUpstream => ({
  ...{ name: 'orders', service: 'orders', retries: true, connectTimeoutMs: 1_000, readTimeoutMs: 5_000 },
  servers: Object.entries(weights).map(([instance, weight]) => ({ instance, address: '10.0.0.1', port: 80, weight })),
});

const rulesOf = (breaches: Iterable<readonly [string, ...unknown[]]>): readonly string[] =>
  [...breaches].map(([rule]) => rule);

describe('the rules of simulated days', () => {
  const four = { a: 100, b: 100, c: 100, d: 100 };
  const adopted = (after: Readonly<Record<string, number>>, listed: readonly string[]) =>
    rulesOf(
      adoptedRules({
        ...{ before: upstream(four), after: upstream(after), traffic: policy.traffic, minimum: 3 },
        ...{ listed: new Set(listed), isPanic: false },
      }),
    );

  it('know one for out as long as it is only tried, however large its floor is beside lowered ones', () => {
    const seen = new Seen();
    const serve = (a: number, tried: readonly string[], at: number): void =>
      seen.served(upstream({ a, b: 100 }), 10, (instance) => tried.includes(instance), at);
    serve(0, [], begin);
    serve(17, ['a'], begin + 40_000);
    serve(0, [], begin + 45_000);
    expect(seen.outFrom('a')).equal(begin);
    expect(seen.wasTried('a', begin + 45_000)).equal(true);
    serve(17, [], begin + 90_000);
    expect(seen.outFrom('a')).equal(null);
  });

  it('take who is left out of an upstream for one that was taken out, unless it has left the catalog', () => {
    const all = ['a', 'b', 'c', 'd'];
    expect(adopted({ a: 100, b: 100, c: 0, d: 0 }, all)).deep.equal(['the minimum stays in rotation']);
    expect(adopted({ a: 100, b: 100 }, all)).deep.equal(['the minimum stays in rotation']);
    expect(adopted({ a: 100, b: 100 }, ['a', 'b'])).deep.equal([]);
  });

  it('let an older plan be in force for a moment, and no longer where somebody leads', () => {
    const gateway = new Supersession();
    gateway.adopted('orders', upstream(four), false, begin);
    gateway.adopted('orders', upstream({ ...four, a: 0 }), true, begin);
    expect(gateway.properOf('orders')).deep.equal(upstream(four));
    expect(rulesOf(gateway.tick(begin + 10_000, true))).deep.equal([]);
    expect(rulesOf(gateway.tick(begin + 60_000, false))).deep.equal([]);
    expect(rulesOf(gateway.tick(begin + 80_000, true))).deep.equal(['an old plan is soon replaced']);
    gateway.adopted('orders', upstream(four), false, begin + 80_000);
    expect(rulesOf(gateway.tick(begin + 200_000, true))).deep.equal([]);
  });

  it('ask the world whether what is called verified is well', () => {
    const service = new SimService(policy, 1, 100, 1, 8_000, begin);
    const process = service.processes.get('orders-1' as InstanceId);
    if (!process) expect.fail('no process');
    const weight = (value: number): Pick<Truth, 'services' | 'served'> => ({
      services: [service],
      served: () => upstream({ 'orders-1': value }),
    });
    const before = process.identity;
    const closed: Parameters<typeof verifiedRules>[0] = {
      id: 'x',
      service: 'orders',
      instance: 'orders-1',
      step: 'restart',
      phase: 'closed',
      outcome: 'verified',
      identity: before,
    };
    const textsOf = (action: typeof closed, value: number) =>
      [...verifiedRules(action, weight(value))].map(([, text]) => text);
    expect(textsOf(closed, 0)).deep.equal(['x: it is the same process, it is unknown, it gets no traffic']);
    process.stop();
    expect(textsOf(closed, 100)).deep.equal(['x: it does not run, it is the same process, it is unknown']);
    process.start(begin);
    for (let step = 1; step <= 12; step++) {
      service.discover(false, begin + step * 5_000);
      service.evaluate({}, begin + step * 5_000);
    }
    expect(textsOf(closed, 100)).deep.equal([]);
    expect(textsOf({ ...closed, outcome: 'not-verified' }, 0)).deep.equal([]);
  });
});

describe('chance in simulated days', () => {
  it('loses the pages of one instance without those of its peers', () => {
    const service = new SimService(policy, 4, 100, 1, 8_000, begin);
    const lost = { kind: 'lost-scrapes', share: 0.5 } as const;
    for (const process of service.processes.values())
      process.condition = { ...process.condition, lostScrapes: lost.share };
    let apart = 0;
    for (let step = 1; step <= 40; step++) {
      const at = begin + step * 5_000;
      service.discover(false, at);
      service.evaluate({}, at);
      const newest = [...service.processes.values()].map(({ rows }) => rows[0]?.at === at);
      if (newest.includes(true) && newest.includes(false)) apart += 1;
    }
    expect(apart).greaterThan(20);
  });

  it('lets one write fail and the next of the same moment pass, in either order', () => {
    const consul = new SimConsul(1);
    consul.trouble = { share: 0.5, carriedOut: false };
    const written = (service: string): boolean =>
      consul.putLedger(service, emptyLedger, consul.ledger(service).index, begin) === 'written';
    const fates = Array.from({ length: 60 }, (_, nth) => written(`s${nth % 20}`));
    const pairs = new Set(fates.slice(1).map((fate, nth) => `${String(fates[nth])} then ${String(fate)}`));
    expect([...pairs].sort()).deep.equal([
      ...['false then false', 'false then true', 'true then false', 'true then true'],
    ]);
  });
});

describe('a simulated leader that is struck in the middle of an act', () => {
  const crash: Incident = { kind: 'crash', from: 10 * minute, to: 40 * minute, on: { service: 0, instances: [0] } };
  const struck = (afterCalls: number, then: 'die' | 'sleep' | 'suspend'): Incident => ({
    ...{ kind: 'leader-struck', from: 8 * minute, to: 59 * minute, afterCalls, then, forMs: 3 * minute },
  });
  const day = (incident: Incident) => {
    const lines: string[] = [];
    const story = { seed: 1, endsAt: 60 * minute, incidents: [incident, crash] };
    const result = simulate({ policies: defaultFleet(), story, tell: (line) => lines.push(line) });
    return { ...result, lines, restarts: lines.filter((line) => line.includes('orders-1 runs as process')).length };
  };

  for (const then of ['die', 'sleep', 'suspend'] as const)
    it(`(${then}) at whichever call leaves one new process and nobody ill`, () => {
      for (let calls = 0; calls <= 6; calls++) {
        const { violations, unhealed, restarts } = day(struck(calls, then));
        expect({ violations, unhealed, restarts }, `after ${calls} calls`).deep.equal({
          ...{ violations: [], unhealed: [], restarts: 1 },
        });
      }
    });

  it('puts an older plan in force when he wakes, if it was between his last look and the change', () => {
    const seen = [0, 1, 2].map((calls) =>
      day(struck(calls, 'sleep')).lines.some((line) => line.includes('an older plan')),
    );
    expect(seen).deep.equal([false, true, false]);
    expect(day(struck(0, 'suspend')).lines.some((line) => line.includes('an older plan'))).equal(true);
  });
});
