import { expect } from 'chai';
import type { InstanceId, ServicePolicy } from '../../config/index.js';
import type { InstanceScore, RotationMark } from '../../engine/client/index.js';
import { compileService, observe, SeriesStore } from '../../engine/derive/index.js';
import { emptyMemory, type ServiceMemory } from '../../engine/memory.js';
import type { Instance, Sample, Target, TargetKey } from '../../engine/model.js';
import { step, type PipelineResult } from '../../engine/pipeline.js';
import { answered, instanceNamed } from '../support/observations.js';
import { policyFor } from '../support/policy.js';

const second = 1_000;
const plain = policyFor('scrape: {interval: 1s}');
const id = (name: string): InstanceId => name as InstanceId;

/** A few instances whose pages are real samples, read by the real windows and queries. */
class Fleet {
  now = 1_000_000;
  memory: ServiceMemory = emptyMemory;
  readonly marks = new Map<string, RotationMark>();
  private readonly compiled: ReturnType<typeof compileService>;
  private readonly store = new SeriesStore();
  private readonly instances: Instance[];
  private readonly served = new Map<string, { good: number; bad: number }>();

  constructor(
    readonly names: readonly string[],
    private readonly policy: ServicePolicy = plain,
  ) {
    this.compiled = compileService(policy);
    this.store.setServices([this.compiled], this.now);
    this.instances = names.map((name) => instanceNamed(name));
  }

  /** A second passes in which each instance served 60 requests, of which a share failed; then those named are evaluated. */
  next(failing: Readonly<Record<string, number>> = {}, due: readonly string[] = this.names): PipelineResult {
    this.now += second;
    const now = this.now;
    for (const instance of this.instances) this.scrape(instance, Math.round(60 * (failing[instance.id] ?? 0)));
    const inputs = this.instances
      .filter((instance) => due.includes(instance.id))
      .map((instance) => {
        const window = this.store.window({ service: instance.service, id: instance.id });
        return {
          instance,
          mark: this.marks.get(instance.id) ?? null,
          observe: (mark: RotationMark | null) =>
            observe(this.compiled, window, { instance, up: answered(now), mark, now }),
        };
      });
    return this.take({ due: inputs, gone: [] });
  }

  leave(name: string): PipelineResult {
    return this.take({ due: [], gone: [id(name)] });
  }

  private take(inputs: Parameters<typeof step>[1]): PipelineResult {
    const result = step(this.memory, inputs, this.policy, this.now);
    this.memory = result.memory;
    return result;
  }

  private scrape(instance: Instance, bad: number): void {
    const before = this.served.get(instance.id) ?? { good: 0, bad: 0 };
    const served = { good: before.good + 60 - bad, bad: before.bad + bad };
    this.served.set(instance.id, served);
    const target = targetOf(instance);
    const outcome = { kind: 'page', samples: pageOf(served), warnings: [] } as const;
    this.store.apply([target], { target: target.key, startedAt: this.now, durationMs: 1, outcome });
  }
}

const targetOf = ({ id: name, service }: Instance): Target => ({
  key: name as string as TargetKey,
  url: `http://${name}/metrics`,
  level: 'app',
  intervalMs: second,
  connectTimeoutMs: 500,
  timeoutMs: 800,
  bodyLimitBytes: 1_000_000,
  mapping: { kind: 'whole', instances: [{ service, id: name }] },
});

const pageOf = ({ good, bad }: { good: number; bad: number }): readonly Sample[] => {
  const sample = (name: string, value: number, labels = {}): Sample => ({ name, labels, value, timestampMs: null });
  return [
    sample('http_request_duration_seconds_count', good, { status_code: '200' }),
    sample('http_request_duration_seconds_count', bad, { status_code: '500' }),
    sample('http_requests_in_flight', 0),
    sample('nodejs_eventloop_lag_p99_seconds', 0.01),
    sample('process_start_time_seconds', 900),
  ];
};

const scoreOf = ({ outputs }: PipelineResult, name: string): InstanceScore => {
  const found = outputs.find(({ scored }) => scored.instance === name);
  if (found === undefined) throw new Error(`${name} was not evaluated`);
  return found.scored.whole;
};

const started = (): Fleet => {
  const fleet = new Fleet(['a', 'b', 'c']);
  for (let i = 0; i < 5; i += 1) fleet.next();
  return fleet;
};

describe('step', () => {
  it('takes half of one instance failing from its page to red, and leaves the others', () => {
    const fleet = started();
    const zones = [1, 2, 3, 4].map(() =>
      fleet
        .next({ b: 0.5 })
        .outputs.map(({ scored }) => scored.zone.charAt(0))
        .join(''),
    );
    expect(zones).deep.equal(['ggg', 'ggg', 'grg', 'grg']);
    const [cause] = scoreOf(fleet.next({ b: 0.5 }), 'b').causes;
    expect(cause).deep.include({
      name: 'error_ratio',
      penalty: 1,
      ceiling: true,
      peersMedianPenalty: 0,
      traffic: true,
    });
  });

  it('tells the load that a service asks to be kept bearable, and none where it asks for none', () => {
    const fleet = new Fleet(['a', 'b'], policyFor('scrape: {interval: 1s}\nguardrails: {headroom: event_loop_lag}'));
    const read = scoreOf(fleet.next(), 'a').load;
    expect(read).equal(0.01);
    const nowhere = new Fleet(['a'], policyFor('scrape: {interval: 1s}\nguardrails: {headroom: cpu}'));
    // Its pages have no such metric, which is not a load of zero.
    expect(scoreOf(nowhere.next(), 'a').load).equal(null);
    expect(scoreOf(started().next(), 'a')).not.have.property('load');
  });

  it('tells each change of a zone once, in a sentence with its numbers', () => {
    const fleet = started();
    const events = [1, 2, 3, 4, 5].flatMap(() => fleet.next({ b: 0.5 }).events);
    expect(events).length(1);
    expect(events[0]).include({ kind: 'zone', instance: 'b', from: 'green', to: 'red', score: 20, coverage: 1 });
    expect(events[0]?.text).match(
      /^b green -> red: score 20 \(red is below 50\); error_ratio \d+(\.\d)? % costs .* points and caps app at 20$/,
    );
  });

  it('sees a fault that all share', () => {
    const fleet = started();
    const all = { a: 0.5, b: 0.5, c: 0.5 };
    for (let i = 0; i < 3; i += 1) fleet.next(all);
    expect(scoreOf(fleet.next(all), 'a').causes[0]?.peersMedianPenalty).equal(1);
  });

  it('evaluates only who is due, and makes unknown whoever was not for more than three intervals', () => {
    const fleet = started();
    for (let i = 1; i <= 3; i += 1)
      expect(fleet.next({}, ['a', 'b']).outputs.map(({ scored }) => scored.instance)).deep.equal(['a', 'b']);
    const late = fleet.next({}, ['a', 'b']);
    expect(scoreOf(late, 'c')).include({ zone: 'unknown', why: 'not evaluated for more than 3 intervals of 1s' });
    expect(late.events.map(({ text }) => text)).deep.equal([
      'c green -> unknown: not evaluated for more than 3 intervals of 1s',
    ]);
    expect(fleet.next({}, ['a', 'b']).outputs).length(2);
    expect(scoreOf(fleet.next(), 'c').zone).equal('green');
  });

  it('forgets who is gone', () => {
    const fleet = started();
    expect(fleet.leave('c').outputs).length(0);
    expect([...fleet.memory.instances.keys()]).deep.equal(['a', 'b']);
  });

  it('holds an instance that is out at what it was judged by, and judges anew from probation on', () => {
    const fleet = started();
    for (let i = 0; i < 4; i += 1) fleet.next({ b: 0.5 });
    fleet.marks.set('b', { state: 'out', since: fleet.now });
    for (let i = 0; i < 40; i += 1) expect(scoreOf(fleet.next({}), 'b')).include({ zone: 'red', score: 20 });
    fleet.marks.set('b', { state: 'probation', since: fleet.now });
    for (let i = 0; i < 4; i += 1) fleet.next();
    expect(scoreOf(fleet.next(), 'b')).deep.include({
      zone: 'green',
      score: 100,
      traffic: { requests: 300, since: fleet.now - 5 * second },
    });
  });

  it('changes nothing that it was given', () => {
    const fleet = started();
    const before = fleet.memory;
    const text = JSON.stringify([...before.instances]);
    fleet.next({ a: 1 });
    fleet.leave('b');
    expect(JSON.stringify([...before.instances])).equal(text);
  });
});
