/** People who take a step into their own hands: what they pass, what nobody does, and that the rules know the difference. */
import { expect } from 'chai';
import { type DayResult, simulate } from '../../../cli/simulate/day.js';
import { defaultFleet } from '../../../cli/simulate/fleet.js';
import { judgeWithout } from '../../../cli/simulate/play.js';
import type { ByHand, Incident } from '../../../cli/simulate/story.js';

const minute = 60_000;
const policies = defaultFleet();

const asked = (change: Partial<ByHand> = {}): ByHand => ({
  ...{ kind: 'restart', from: 10 * minute, to: 25 * minute, scope: 0, at: 0, forced: false, withdrawn: false },
  ...change,
});

const day = (
  incidents: readonly Incident[],
  without: string | null = null,
  lines: string[] = [],
  fleet = policies,
): DayResult =>
  simulate({
    policies: fleet,
    story: { seed: 1, endsAt: 30 * minute, incidents },
    ...(without === null ? {} : { judge: judgeWithout(without) }),
    tell: (line) => lines.push(line),
  });

const rulesOf = ({ violations }: DayResult): readonly string[] => [...new Set(violations.map(({ rule }) => rule))];

const whole = { from: 8 * minute, to: 29 * minute };
const pause: Incident = { kind: 'pause', ...whole, scope: 'all' };
const observe: Incident = { kind: 'mode', ...whole, scope: 0, heal: 'observe' };
/** Two of four do not run: nobody can be spared. */
const halfDown: Incident = { kind: 'crash', from: 9 * minute, to: 29 * minute, on: { service: 0, instances: [2, 3] } };
/** And nobody starts them. */
const runtimeFails: Incident = { kind: 'runtime-fails', from: 8 * minute, to: 29 * minute };

describe('people who act by hand on a simulated fleet', () => {
  it('get the step that they order, once, of an instance that is well', () => {
    const lines: string[] = [];
    const result = day([asked()], null, lines);
    expect(result).include({ orders: 1, heals: 0, wrongHeals: 0, wrongDrains: 0 });
    expect({ rules: rulesOf(result), unhealed: result.unhealed }).deep.equal({ rules: [], unhealed: [] });
    expect(lines.filter((line) => line.includes('orders-1 runs as process'))).length(1);
  });

  it('get each kind of step where it can be done, and are told where it cannot', () => {
    for (const [kind, scope, orders] of [
      ['gentle', 2, 1],
      ['replace', 2, 1],
      ['gentle', 0, 0],
    ] as const) {
      const result = day([asked({ kind, scope })]);
      expect({ orders: result.orders, rules: rulesOf(result) }, `${kind} ${scope}`).deep.equal({ orders, rules: [] });
    }
  });

  it('have an instance out for as long as they drain it, and it is left alone', () => {
    const lines: string[] = [];
    const hang: Incident = {
      ...{ kind: 'hang', from: 12 * minute, to: 20 * minute, on: { service: 0, instances: [0] }, cure: 'restart' },
    };
    const result = day([asked({ kind: 'drain' }), hang], null, lines);
    expect(result).include({ orders: 0, heals: 0, wrongDrains: 0 });
    expect(rulesOf(result)).deep.equal([]);
    expect(result.unhealed).deep.equal([]);
    expect(lines.some((line) => line.includes('orders-1 leaves the rotation'))).equal(true);
  });

  it('are refused by a pause unless they force it; and the rules know which', () => {
    expect(day([pause, asked()]).orders).equal(0);
    const forced = day([pause, asked({ forced: true })]);
    expect({ orders: forced.orders, rules: rulesOf(forced) }).deep.equal({ orders: 1, rules: [] });
    expect(rulesOf(day([pause, asked()], 'PAUSED'))).deep.equal(['no healing against a pause']);
  });

  it('are not asked about the mode: that is what Ballast may do by itself', () => {
    const result = day([observe, asked()]);
    expect({ orders: result.orders, rules: rulesOf(result) }).deep.equal({ orders: 1, rules: [] });
  });

  it('are refused where the others have no room for what it carries, unless they force it', () => {
    const fleet = policies.map((one) => ({
      ...one,
      policy: { ...one.policy, guardrails: { ...one.policy.guardrails, headroom: { metric: 'cpu' } } },
    }));
    const full: Incident = {
      ...{ kind: 'metric', ...whole, on: { service: 0, instances: 'all' }, metric: 'cpu', level: 0.9, risesMs: 0 },
      cure: 'none',
    };
    const ordersOf = (incidents: readonly Incident[]): number => day(incidents, null, [], fleet).orders;
    expect(ordersOf([full, asked()])).equal(0);
    expect(ordersOf([full, asked({ forced: true })])).equal(1);
    expect(ordersOf([asked()])).equal(1);
  });

  it('never get what would leave too few, whatever they force', () => {
    const incidents = [halfDown, runtimeFails, asked({ forced: true })];
    const result = day(incidents);
    expect({ orders: result.orders, rules: rulesOf(result) }).deep.equal({ orders: 0, rules: [] });
  });
});
