/** A history that the engine itself wrote, judged again: by its own policy it is as it was, by another as that one would have it. */
import { expect } from 'chai';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as defaults from '../../../config/defaults.js';
import type { ServicePolicy } from '../../../config/index.js';
import type { Faring, Replay, ReplayProgress, Zone } from '../../../engine/client/index.js';
import { Replays } from '../../../engine/replay/index.js';
import { prepare, replay } from '../../../engine/replay/replay.js';
import { HistoryReader, HistoryStore } from '../../../engine/store/index.js';
import { BallastError } from '../../../lib/errors.js';
import { createLog } from '../../../lib/log.js';
import { VirtualClock } from '../../fakes/clock.js';
import { instanceNamed, lost, refused, type ObservationChange, type Values } from '../../support/observations.js';
import { policyFor } from '../../support/policy.js';
import { seeded } from '../../support/random.js';
import { Timeline } from '../../support/timeline.js';

const log = createLog({ level: 'silent', name: 'test' });
const start = Date.UTC(2030, 0, 1);

const textOf = (
  more: { critical?: number; cap?: number; zones?: string; extra?: string; scrape?: string } = {},
): string =>
  `service: checkout
scrape: {interval: ${more.scrape ?? '1s'}}
${more.zones === undefined ? '' : `zones: ${more.zones}`}
metrics:
  alive: {level: system, up: true, weight: 1, cap: 0}
  cpu: {level: app, query: cpu, good: 0.3, critical: ${more.critical ?? 1}, weight: 0.3, cap: ${more.cap ?? 40}}
  queue: {level: app, query: queue, good: 2, critical: 10, weight: 0.2, curve: {decay: {half_life: 30s}}}
  failed: {level: app, ratio: {bad: bad, total: all}, good: 1%, critical: 10%, weight: 0.5, cap: 20}
${more.extra ?? ''}`;

const policy = policyFor(textOf());

describe('a replay', () => {
  let folder: string;
  let clock: VirtualClock;
  let store: HistoryStore;
  const path = (): string => join(folder, 'history.db');

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ballast-replay-test-'));
    clock = new VirtualClock(start);
    store = new HistoryStore({ path: path(), limits: defaults.engine.history, clock, log });
  });
  afterEach(() => {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** An engine's evaluations of one instance, recorded as the engine records them. */
  const live = (
    by: ServicePolicy,
    seconds: number,
    world: (second: number) => readonly [Values, ObservationChange?],
  ) => {
    const timeline = new Timeline(by, start, instanceNamed('checkout-1'));
    store.recordPolicy(by.hash, by);
    const zones: Zone[] = [];
    for (let second = 0; second < seconds; second += 1) {
      const [values, change] = world(second);
      const before = timeline.memory?.last;
      const score = timeline.next(values, change);
      const after = timeline.memory?.last;
      if (after && after.assessment !== before?.assessment) store.record(score, timeline.explain().metrics);
      zones.push(score.zone);
      if (second % 60 === 59) store.flush();
    }
    store.flush();
    return { zones, timeline };
  };

  const again = (candidate: ServicePolicy, from = start): Replay => {
    const reader = new HistoryReader(path());
    try {
      const question = { candidate, service: 'checkout', from, to: start + 86_400_000 };
      const prepared = prepare(reader, question);
      if (!prepared.ok) throw new Error(JSON.stringify(prepared.refusals));
      const steps = replay(reader, question, prepared);
      for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
    } finally {
      reader.close();
    }
  };

  const refusalOf = (candidate: ServicePolicy): string => {
    try {
      again(candidate);
      return 'none';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };

  /** Values that wander, a fault now and then, a scrape lost or refused now and then. */
  const weather = (seed: number): ((second: number) => readonly [Values, ObservationChange?]) => {
    const random = seeded(seed);
    let [cpu, queue, lostInARow] = [0.5, 3, 0];
    return (second) => {
      cpu = Math.min(1.4, Math.max(0, cpu + (random() - 0.5) * 0.3));
      queue = Math.min(14, Math.max(0, queue + (random() - 0.5) * 4));
      lostInARow = random() < 0.05 ? lostInARow + 1 : 0;
      const values = { cpu, queue, failed: second % 200 > 170 ? 0.2 * random() : 0 };
      const now = start + (second + 1) * 1_000;
      if (lostInARow > 0) return [values, { up: lost(now, lostInARow) }];
      return random() < 0.01 ? [values, { up: refused(now) }] : [values];
    };
  };

  it('by the policy in force is what was', () => {
    live(policy, 1_500, weather(1));
    const { instances, recorded, candidate, evaluations, damaged } = again(policy);
    expect(instances[0]).include({ instance: 'checkout-1', differences: 0, differsMs: 0 });
    expect(candidate).deep.equal({ ...recorded, minScore: candidate.minScore, meanShare: candidate.meanShare });
    expect(candidate.minScore).closeTo(recorded.minScore ?? -1, 1e-4);
    expect(candidate.meanShare).closeTo(recorded.meanShare ?? -1, 1e-6);
    expect(evaluations).within(1_300, 1_499);
    expect(damaged).equal(0);
    expect(recorded.zoneChanges).above(3);
  });

  it('by the policy in force is what was also from the middle on: nobody begins unknown there', () => {
    const { zones } = live(policy, 1_500, weather(1));
    expect(zones[1_100]).not.equal('unknown');
    const { instances, recorded, candidate, evaluations } = again(policy, start + 1_101_000);
    expect(instances[0]).include({ differences: 0, differsMs: 0 });
    expect(candidate.zoneMs).deep.equal(recorded.zoneMs);
    expect(evaluations).within(330, 400);
  });

  for (const [what, other] of [
    ['tighter thresholds', textOf({ critical: 0.6, cap: 10 })],
    ['looser thresholds', textOf({ critical: 3, cap: 90 })],
    ['other dampers and zones', textOf({ zones: '{fall: 3, rise: 5, good_score: 90, critical_score: 60}' })],
  ] as const)
    it(`by ${what} is what an engine with these would have said`, () => {
      const candidate = policyFor(other);
      live(policy, 1_500, weather(2));
      const replayed = again(candidate);
      const would = new Timeline(candidate, start, instanceNamed('checkout-1'));
      const world = weather(2);
      const times: Record<Zone, number> = { green: 0, yellow: 0, red: 0, unknown: 0 };
      for (let second = 0; second < 1_500; second += 1) times[would.next(...world(second)).zone] += 1_000;
      // Where a gauge lay beyond a threshold only the newest sample was kept: a few evaluations may differ.
      for (const zone of ['green', 'yellow', 'red', 'unknown'] as const)
        expect(replayed.candidate.zoneMs[zone], zone).closeTo(times[zone], 40_000);
      expect(replayed.instances[0]?.differsMs).above(60_000);
    });

  it('tells when they differ first, how, and by which metric', () => {
    live(policy, 60, (second) => [{ cpu: second < 20 ? 0.3 : 0.65 }]);
    const { instances, candidate, recorded } = again(policyFor(textOf({ critical: 0.7 })));
    const [first] = instances[0]?.first ?? [];
    // The third bad sample is the first bad evaluation, the third of these the change.
    expect(first?.at).equal(start + 25_000);
    expect(first).deep.include({ recorded: { zone: 'yellow', score: 70 }, until: null, cause: 'cpu' });
    expect(first?.candidate.zone).equal('red');
    expect([recorded.outs, candidate.outs, candidate.outMs]).deep.equal([0, 1, 35_000]);
    expect(recorded.meanShare).above(candidate.meanShare ?? 1);
  });

  it('knows an expression that only speaks of what was recorded', () => {
    live(policy, 30, () => [{ cpu: 1, queue: 2 }]);
    const bent = policyFor(textOf({ extra: "  sum: {level: app, curve: {expression: 'cpu.p^2'}, weight: 9}" }));
    expect(again(bent).candidate.minScore).within(0, 10);
  });

  it('holds while out of rotation what was held, and makes unknown what was silent for long', () => {
    const timeline = live(policy, 10, () => [{ failed: 0.2 }]).timeline;
    timeline.turn('out');
    for (let i = 0; i < 10; i += 1) {
      store.record(timeline.next({ failed: 'too-little-traffic' }), timeline.explain().metrics);
    }
    timeline.now += 20_000;
    for (let i = 0; i < 10; i += 1) {
      store.record(timeline.next({ failed: 'too-little-traffic' }), timeline.explain().metrics);
    }
    store.flush();
    const { recorded, candidate } = again(policyFor(textOf({ critical: 2 })));
    expect(candidate.zoneMs).deep.equal(recorded.zoneMs);
    expect(candidate.zoneMs.unknown).above(15_000);
    expect(candidate.outMs).above(15_000);
  });

  for (const [why, other] of [
    ['cpu has another query', textOf().replace('query: cpu', 'query: cpu_share')],
    ['failed has another query', textOf().replace('total: all', 'total: every')],
    ['heap was not recorded', textOf({ extra: '  heap: {level: app, query: heap, good: 0, critical: 1}' })],
    ['cpu has its thresholds the other way round', textOf({ critical: 0.1 })],
    ['cpu was read for the app level', textOf().replace('cpu: {level: app', 'cpu: {level: system')],
    [
      'cpu has another min_traffic',
      textOf().replace('query: cpu,', 'query: cpu, min_traffic: {query: t, at_least: 1},'),
    ],
    ['scrape.interval is 5s', textOf({ scrape: '5s' })],
    ['scrape names another page', textOf().replace('interval: 1s', 'interval: 1s, path: /other')],
  ] as const)
    it(`is refused where ${why}`, () => {
      live(policy, 5, () => [{}]);
      const said = refusalOf(policyFor(other)).replaceAll(/[{}"[\]]/g, '');
      expect(said.replaceAll(/metric:|why:/g, '').replaceAll(',', ' ')).contain(why);
    });

  it('says how much of the newest history can answer, where a query was changed within it', async () => {
    live(policy, 400, () => [{}]);
    const candidate = policyFor(textOf().replace('query: cpu', 'query: cpu_share'));
    const later = new Timeline(candidate, start + 7_200_000, instanceNamed('checkout-1'));
    store.recordPolicy(candidate.hash, candidate);
    for (let i = 0; i < 30; i += 1) store.record(later.next(), later.explain().metrics);
    store.flush();
    const asked = { candidate, service: 'checkout', from: start, to: later.now, path: path() };
    const ask = (question: typeof asked) =>
      new Replays()
        .run(question, () => undefined, new AbortController().signal)
        .catch((error: unknown) => (error instanceof BallastError ? error.hint : error));
    expect(await ask(asked)).equal('it was otherwise before; the last 1h can be replayed');
    expect(await ask({ ...asked, from: later.now - 3_600_000 })).include({ evaluations: 30 });
    expect(await ask({ ...asked, candidate: policyFor(textOf({ scrape: '5s' })) })).match(/only from now on$/);
  });

  it('is refused where nothing was recorded, or the policy that judged is not known', () => {
    expect(refusalOf(policy)).contain('nothing was recorded of checkout');
    live(policy, 5, () => [{}]);
    store.record({ ...new Timeline(policy, start + 90_000).next(), policy: 'gone' }, []);
    store.flush();
    expect(refusalOf(policy)).contain('policy gone');
  });

  it('runs in a thread, tells how far it is, one at a time, and ends when nobody waits', async () => {
    live(policy, 120, weather(3));
    const replays = new Replays();
    const question = { candidate: policy, service: 'checkout', from: start, to: start + 86_400_000, path: path() };
    const told: ReplayProgress[] = [];
    const first = replays.run(question, (progress) => void told.push(progress), new AbortController().signal);
    const second = await replays
      .run(question, () => undefined, new AbortController().signal)
      .catch((error: unknown) => error);
    expect(second).instanceOf(BallastError).include({ code: 'REPLAY_BUSY', status: 429 });
    expect(await first).deep.equal(again(policy));
    expect(told.length).above(0);
    const left = new AbortController();
    const third = replays.run(question, () => left.abort(new Error('gone')), left.signal);
    expect(await third.catch((error: unknown) => error)).include({ message: 'gone' });
    const other = { ...question, candidate: policyFor(textOf({ scrape: '5s' })) };
    const refused = await replays
      .run(other, () => undefined, new AbortController().signal)
      .catch((error: unknown) => error);
    expect(refused).include({ code: 'REPLAY_REFUSED', status: 422 });
    const missing = { ...question, path: `${path()}.not` };
    const failed = await replays
      .run(missing, () => undefined, new AbortController().signal)
      .catch((error: unknown) => error);
    expect(failed).instanceOf(BallastError).include({ status: 500 });
  });

  it('sums up so that the parts are the whole', () => {
    live(policy, 300, weather(4));
    const { recorded, instances, from, to } = again(policy);
    const time = (faring: Faring | undefined): number =>
      Object.values(faring?.zoneMs ?? {}).reduce((sum, ms) => sum + ms, 0);
    expect(time(recorded)).equal((to ?? 0) - (from ?? 0));
    expect(instances.map(({ recorded: one }) => time(one))).deep.equal([time(recorded)]);
  });
});
