/** The simulator's observations stand for real windows and queries: here both look at the same pages. */
import { expect } from 'chai';
import fc from 'fast-check';
import type { RotationMark } from '../../../engine/client/index.js';
import { compileService, observe, SeriesStore } from '../../../engine/derive/index.js';
import type { Observation, Reading, Sample, Target, TargetKey } from '../../../engine/model.js';
import { observeProcess } from '../../../cli/simulate/observe.js';
import { Process } from '../../../cli/simulate/process.js';
import { policyFor } from '../../support/policy.js';

const policy = policyFor(`service: orders
scrape: {interval: 5s}
metrics:
  error_ratio: {ratio: {bad: 'requests_total{code="5"}', total: requests_total}, good: 1%, critical: 10%}
  stall: {stall: {in_flight: in_flight, completed: requests_total}}
  heap: {query: heap, good: 10, critical: 20}
  lag: {query: lag, good: 1, critical: 2, min_traffic: {query: 'sum(increase(requests_total[25s])) / 25', at_least: 2}}
`);
const compiled = compileService(policy);
const begin = 1_700_000_000_000;
const stepMs = 5_000;

interface Step {
  readonly good: number;
  readonly bad: number;
  readonly inFlight: number;
  readonly heap: number;
  readonly restart: boolean;
  readonly lost: boolean;
  readonly mark: RotationMark['state'] | null;
}

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    good: fc.nat(60),
    bad: fc.oneof(fc.constant(0), fc.nat(30)),
    inFlight: fc.nat(6),
    heap: fc.integer({ min: 5, max: 25 }),
    restart: fc.boolean(),
    lost: fc.boolean(),
    mark: fc.constantFrom(null, null, null, 'out' as const, 'in' as const, 'probation' as const),
  }),
  { minLength: 3, maxLength: 24 },
);

const sample = (name: string, value: number, labels: Sample['labels'] = {}): Sample => ({
  name,
  labels,
  value,
  timestampMs: null,
});

/** Both sides, fed alike. */
class Pair {
  readonly process = new Process('orders' as never, 'orders-1', 0, 8_000, begin, null);
  readonly store = new SeriesStore();
  private mark: RotationMark | null = null;
  private readonly target: Target;

  constructor() {
    this.store.setServices([compiled], begin);
    const { id, service } = this.process.instance;
    this.target = {
      key: 'app orders/orders-1' as TargetKey,
      url: 'http://10.0.0.1:8000/metrics',
      level: 'app',
      format: 'auto',
      intervalMs: stepMs,
      connectTimeoutMs: 500,
      timeoutMs: 800,
      bodyLimitBytes: 1_000_000,
      mapping: { kind: 'whole', instances: [{ service, id }] },
    };
  }

  next(step: Step, now: number): readonly [simulated: Observation, real: Observation] {
    const { process } = this;
    if (step.restart) process.start(now);
    process.serve(step.good + step.bad, step.bad);
    process.inFlight = step.inFlight;
    if (step.mark !== null) this.mark = { state: step.mark, since: now - 2_000 };
    const { good, bad, pid, inFlight } = process;
    if (!step.lost) process.show({ at: now, pid, good, bad, inFlight, values: valuesOf(step) });
    const samples = [
      sample('requests_total', good, { code: '2' }),
      sample('requests_total', bad, { code: '5' }),
      sample('in_flight', inFlight),
      sample('heap', step.heap),
      sample('lag', 1.5),
    ];
    const outcome = step.lost
      ? ({ kind: 'lost', why: 'no answer' } as const)
      : ({ kind: 'page', samples, warnings: [] } as const);
    this.store.apply([this.target], { target: this.target.key, startedAt: now, durationMs: 1, outcome });
    process.up = { last: step.lost ? 'lost' : 'answered', inARow: 1, missed: 0, at: now, why: '' };
    const { instance, up } = process;
    const window = this.store.window({ service: instance.service, id: instance.id });
    return [
      observeProcess(process, policy, this.mark, now),
      observe(compiled, window, { instance, up, mark: this.mark, now }),
    ];
  }
}

/** In the order of the policy: heap, lag. */
const valuesOf = ({ heap }: Step): readonly number[] => [heap, 1.5];

/** A reading without the moments, which the two may round differently. */
const plain = (reading: Reading | undefined): string =>
  reading === undefined ? 'none' : reading.kind === 'value' ? reading.value.toFixed(9) : reading.absence;

describe('a simulated observation', () => {
  it('says what real windows and queries say of the same pages', () => {
    fc.assert(
      fc.property(steps, (told) => {
        const pair = new Pair();
        // A counter tells a new process only by having fallen: large before the one restart, small after it.
        [pair.process.good, pair.process.bad] = [5_000, 5_000];
        const restartsAt = told.findIndex(({ restart }, nth) => restart && nth > 3);
        told.forEach((step, nth) => {
          const [simulated, real] = pair.next(
            { ...step, restart: nth === restartsAt, lost: step.lost && nth % 3 === 2 },
            begin + nth * stepMs,
          );
          for (const name of ['error_ratio', 'stall', 'heap'] as const)
            expect(plain(simulated.readings.get(name as never)), `${name} at step ${nth}`).equal(
              plain(real.readings.get(name as never)),
            );
          expect(simulated.requests, `requests at step ${nth}`).equal(real.requests);
          expect(simulated.moving.has('heap' as never), `moving at step ${nth}`).equal(
            real.moving.has('heap' as never),
          );
        });
      }),
      { numRuns: 300 },
    );
  });
});
