/** Memories kept as numbers against the same memories as they are: whatever happens, nobody can tell them apart. */
import { expect } from 'chai';
import fc from 'fast-check';
import type { InstanceId, MetricName, ServicePolicy } from '../../config/index.js';
import type { RotationMark } from '../../engine/client/index.js';
import { explain } from '../../engine/explain.js';
import { dehydrate, hydrate } from '../../engine/hydrate.js';
import { KeptMemory } from '../../engine/kept/index.js';
import { emptyMemory, reconfigure, type InstanceMemory, type ServiceMemory } from '../../engine/memory.js';
import { step, type DueInstance, type PipelineOutput } from '../../engine/pipeline.js';
import { answered, instanceNamed, lost, observed, refused } from '../support/observations.js';
import { policyFor } from '../support/policy.js';

const file = (good: number): string => `
scrape: {interval: 1s}
scoring: {blackout: 2s}
metrics:
  process_up: {level: system, up: true, weight: 1, cap: 0, good: 1, critical: 0}
  errors: {level: app, ratio: {bad: 'hits_total{code="500"}', total: hits_total}, good: 1%, critical: 10%, weight: 1, cap: 20}
  depth: {level: app, query: queue_depth, good: ${good}, critical: 100, weight: 1, cap: 30, no_data: hold, hold_for: 5s}
  burst: {level: app, query: burst, good: 10, critical: 100, weight: 1, curve: {decay: {half_life: 10s}}}
  both: {level: app, query: '0', good: 0, critical: 1, weight: 1, curve: {expression: 'max(depth.p, burst.p)'}}
  slow: {level: app, query: slow, good: 1, critical: 2, weight: 1, min_traffic: {query: hits, at_least: 1}, no_data: worst}
`;
const [policy, edited] = [policyFor(file(10)), policyFor(file(40))];
const names = ['a', 'b', 'c'] as const;

const value = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0, 5, 20, 60, 1_000, -0) },
  { weight: 1, arbitrary: fc.constantFrom('missing', 'stale', 'empty', 'too-little-traffic', 'never-exposed') },
  { weight: 1, arbitrary: fc.double({ noDefaultInfinity: true }) },
);
const seen = fc.record({
  values: fc.dictionary(fc.constantFrom('errors', 'depth', 'burst', 'slow'), value),
  life: fc.constantFrom('answers', 'answers', 'answers', 'lost', 'refused'),
  mark: fc.constantFrom('none', 'none', 'none', 'out', 'in', 'fresh'),
  startedAt: fc.constantFrom(1, 1, 1, 900_000, null),
  requests: fc.constantFrom(null, 0, 12.5),
  moves: fc.boolean(),
});
type Seen = typeof seen extends fc.Arbitrary<infer T> ? T : never;
const round = fc.record({
  due: fc.dictionary(fc.constantFrom(...names), seen),
  gone: fc.oneof({ weight: 9, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.subarray([...names]) }),
  passes: fc.constantFrom(1_000, 1_000, 1_000, 250, 6_000),
  then: fc.constantFrom('nothing', 'nothing', 'nothing', 'nothing', 'edit', 'restart'),
});
type Round = typeof round extends fc.Arbitrary<infer T> ? T : never;

const ups = { answers: answered, lost: (at: number) => lost(at, 2), refused };

const dueOf = (name: string, each: Seen, asked: ServicePolicy, now: number): DueInstance => {
  const instance = instanceNamed(name, name === 'c' ? { joinedAt: 1_000_500 } : {});
  const mark = each.mark === 'none' ? null : ({ state: each.mark, since: now - 3_000 } as RotationMark);
  const { startedAt: processStartedAt, requests, values } = each;
  const moving = new Set<MetricName>(each.moves ? ['depth' as MetricName] : []);
  const change = { instance, up: ups[each.life](now), processStartedAt, requests, inFlight: requests, moving };
  return { instance, mark, observe: () => observed(asked, now, values, change) };
};

const told = (outputs: readonly PipelineOutput[]) =>
  outputs.map(({ scored, judgements, evaluated }) => ({ whole: scored.whole, judgements: [...judgements], evaluated }));

/** All of it, with what is made only when somebody asks. */
const written = ({ instances }: ServiceMemory) =>
  [...instances].map(([id, { last, ...rest }]): [InstanceId, unknown] => {
    if (last === null) return [id, { ...rest, last }];
    const { judgements, levels, coverage, score, down } = last.assessment;
    return [
      id,
      { ...rest, last: { ...last, assessment: { judgements: [...judgements], levels, coverage, score, down } } },
    ];
  });

/** The two side by side. */
class Both {
  now = 1_000_000;
  plain: ServiceMemory = emptyMemory;
  kept = new KeptMemory(policy, new Map());
  asked = policy;

  next({ due, gone, passes, then }: Round): void {
    this.now += passes;
    const inputs = {
      due: Object.entries(due).map(([name, each]) => dueOf(name, each, this.asked, this.now)),
      gone: gone as readonly string[] as readonly InstanceId[],
    };
    const before = written(this.plain);
    const [plain, kept] = [{ instances: this.plain.instances }, { instances: this.kept }].map((memory) =>
      step(memory, inputs, this.asked, this.now),
    );
    if (!plain || !kept) throw new Error('two steps');
    expect(told(kept.outputs)).deep.equal(told(plain.outputs));
    expect(kept.events).deep.equal(plain.events);
    expect(written(kept.memory)).deep.equal(written(plain.memory));
    expect(written({ instances: this.kept }), 'a step leaves what is kept as it is').deep.equal(before);
    this.#take(plain.memory, kept);
    if (then === 'edit') this.#edit();
    if (then === 'restart') this.#restart();
  }

  #take(plain: ServiceMemory, { memory, outputs }: ReturnType<typeof step>): void {
    const lent = names
      .flatMap((name) => this.kept.standing(name as InstanceId) ?? [])
      .filter(({ memory: { last } }) => last);
    const was = lent.map((standing) => ({ lent: standing.lend(), whole: structuredClone(standing.whole) }));
    const expected = outputs.map(({ scored }) => scored.whole);
    this.plain = plain;
    this.kept.keep(memory.instances);
    for (const { scored } of outputs) this.kept.standing(scored.instance as InstanceId)?.tell(scored.causes);
    expect(outputs.map(({ scored }) => this.kept.standing(scored.instance as InstanceId)?.whole)).deep.equal(expected);
    for (const each of was) expect(each.lent.whole, 'what was lent stays').deep.equal(each.whole);
    this.compare();
  }

  #edit(): void {
    const next = this.asked === policy ? edited : policy;
    this.plain = reconfigure(this.plain, this.asked, next);
    this.kept.adopt(next, reconfigure({ instances: this.kept }, this.asked, next).instances);
    this.asked = next;
    this.compare();
  }

  #restart(): void {
    const [plain, kept] = [this.plain, { instances: this.kept }].map((memory) => JSON.stringify(dehydrate(memory)));
    expect(kept).equal(plain);
    this.plain = hydrate(JSON.parse(plain ?? ''), this.now);
    this.kept = new KeptMemory(this.asked, hydrate(JSON.parse(kept ?? ''), this.now).instances);
    this.compare();
  }

  compare(): void {
    const kept: ServiceMemory = { instances: this.kept };
    expect(written(kept)).deep.equal(written(this.plain));
    expect(this.kept.size).equal(this.plain.instances.size);
    for (const name of names as readonly string[] as readonly InstanceId[]) {
      const standing = this.kept.standing(name);
      const last = this.plain.instances.get(name)?.last ?? null;
      if (standing && last) expect(standing.score).equal(last.assessment.score);
      expect(explain(kept, name, this.asked, this.now)).deep.equal(explain(this.plain, name, this.asked, this.now));
    }
  }
}

const instanceOf = (kept: KeptMemory): InstanceMemory => {
  const memory = kept.get('a' as InstanceId);
  if (memory === undefined) throw new Error('a is kept');
  return memory;
};

describe('kept memory', () => {
  it('is what was remembered, to the last bit, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(round, { minLength: 1, maxLength: 25 }), (rounds) => {
        const both = new Both();
        for (const each of rounds) both.next(each);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps a well instance as numbers: no object of one evaluation is there after the next', () => {
    const kept = new KeptMemory(policy, new Map());
    const well: Seen = { values: {}, life: 'answers', mark: 'none', startedAt: 1, requests: 0, moves: false };
    const next = (now: number): InstanceMemory => {
      const { memory } = step({ instances: kept }, { due: [dueOf('a', well, policy, now)], gone: [] }, policy, now);
      kept.keep(memory.instances);
      return instanceOf(kept);
    };
    const [first, second] = [next(1_000_000), next(1_001_000)];
    expect(second.last?.assessment).not.equal(instanceOf(kept).last?.assessment);
    expect(second.at).equal(1_001_000);
    expect(() => first.last?.assessment.judgements).throw('after the next evaluation');
  });

  it('keeps only what was made of it', () => {
    const kept = new KeptMemory(policy, new Map());
    expect(() => kept.keep(new KeptMemory(policy, new Map()).edit().finish())).throw('only what was made of it');
    expect(() => kept.keep(new Map())).throw('only what was made of it');
  });
});
