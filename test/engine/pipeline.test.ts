import { expect } from 'chai';
import type { Absence, RotationMark } from '../../engine/client/index.js';
import { answered, instanceNamed, lost, observed, refused, unfinished, type Values } from '../support/observations.js';
import { policyFor } from '../support/policy.js';
import { Timeline } from '../support/timeline.js';

const second = 1_000;
const policy = policyFor('preset: [node, node-exporter]\nscrape: {interval: 1s}');
const failing: Values = { error_ratio: 0.5 };
const noApp = (absence: Absence): Values =>
  Object.fromEntries(policy.metrics.filter(({ level }) => level === 'app').map(({ name }) => [name, absence]));

describe('an instance that was there before the engine', () => {
  it('is green from its second good evaluation', () => {
    const timeline = new Timeline(policy);
    timeline.repeat(3);
    expect(timeline.zones).equal('ugg');
    expect(timeline.explain().instance).include({
      score: 100,
      smoothed: 100,
      coverage: 1,
      evaluation: 3,
      joinedAt: null,
      blackout: false,
    });
  });

  it('is red at the third evaluation with half of its requests failing', () => {
    const timeline = new Timeline(policy);
    timeline.repeat(5);
    timeline.repeat(3, failing);
    expect(timeline.zones).equal('ugggg' + 'ggr');
  });

  it('lowers its smoothed score from the second bad evaluation on, within 4 s under yellow', () => {
    const timeline = new Timeline(policy);
    timeline.repeat(5);
    const smoothed = [1, 2, 3, 4].map(() => timeline.next(failing).smoothed ?? 0);
    expect(smoothed[0]).equal(100);
    expect(smoothed[1]).below(80);
    expect(smoothed[3]).below(50);
  });
});

describe('the process is down', () => {
  it('refused: red at the third evaluation, whatever else is known', () => {
    const timeline = new Timeline(policy);
    timeline.repeat(3);
    for (let i = 1; i <= 3; i += 1) timeline.next(noApp('stale'), { up: refused(timeline.now, i) });
    expect(timeline.zones).equal('ugg' + 'ggr');
    const { instance, sentence } = timeline.explain();
    expect(instance.up).deep.include({ state: 'down', why: 'connection refused' });
    expect(sentence).equal('checkout-1 is red: score 0 (red is below 50) for 0ms. Worst level: system.');
    expect(instance.why).equal('score 0 (red is below 50); the process is down: connection refused');
  });

  it('lost: nothing moves until three in a row, then it counts as down', () => {
    const timeline = new Timeline(policy);
    timeline.repeat(3);
    for (let i = 1; i <= 6; i += 1) timeline.next(noApp('stale'), { up: lost(timeline.now, i) });
    expect(timeline.zones).equal('ugg' + 'gggg' + 'rr');
  });

  it('begun and never finished: nothing moves until three in a row, then it is unknown, and never down', () => {
    const timeline = new Timeline(policy);
    timeline.repeat(3);
    for (let i = 1; i <= 6; i += 1) timeline.next(noApp('stale'), { up: unfinished(timeline.now, i) });
    expect(timeline.zones).equal('ugg' + 'gg' + 'uuuu');
    expect(timeline.explain().instance.up).include({ state: 'up' });
  });

  it('a lost scrape is no evaluation more for what was seen before it', () => {
    const timeline = new Timeline(policy);
    timeline.repeat(3);
    timeline.repeat(2, failing);
    timeline.next(failing, { up: lost(timeline.now, 1) });
    expect(timeline.zone).equal('green');
    expect(timeline.next(failing).zone).equal('red');
  });
});

describe('thin data', () => {
  it('an unreadable page makes it unknown at once, and the zone before counts on', () => {
    const timeline = new Timeline(policy);
    timeline.repeat(3, failing);
    timeline.repeat(2, noApp('missing'));
    timeline.repeat(3);
    expect(timeline.zones).equal('uur' + 'uu' + 'rgg');
  });

  it('keeps the smoothed score, has no raw score, and says what is missing', () => {
    const timeline = new Timeline(policy);
    timeline.repeat(3);
    const { score, smoothed, why, coverage } = timeline.next(noApp('missing'));
    expect({ score, smoothed, coverage }).deep.equal({ score: null, smoothed: 100, coverage: 0.5 });
    expect(why).match(/^50 % of the weight has fresh data, 60 % is needed; no data for error_logs, .* and 6 more$/);
    const html = timeline.next(noApp('missing'), { up: { ...answered(timeline.now), why: 'it is HTML' } });
    expect(html.why).match(/ and 6 more; its page: it is HTML$/);
  });
});

describe('rotation marks', () => {
  it('what needs traffic is held while it is out, and it stays red without a sample', () => {
    const timeline = new Timeline(policy);
    timeline.repeat(4, failing);
    timeline.turn('out');
    timeline.repeat(60, { error_ratio: 'too-little-traffic', response_time: 'too-little-traffic' });
    const { instance, metrics } = timeline.explain();
    expect(instance).include({ zone: 'red', score: 20 });
    expect(metrics.find(({ name }) => name === 'error_ratio')).include({ status: 'held', value: 0.5, penalty: 1 });
  });

  it('at probation what was held is forgotten, and the streak starts anew', () => {
    const timeline = new Timeline(policy);
    timeline.repeat(4, failing);
    timeline.turn('out');
    expect(timeline.repeat(10).streak).deep.include({ zone: 'red', count: 10 });
    timeline.turn('probation');
    const first = timeline.next();
    expect(first).deep.include({ zone: 'red', score: 100, streak: { zone: 'green', count: 1, since: timeline.now } });
    expect(first.traffic.since).equal(timeline.now - second);
    expect(timeline.next()).deep.include({ zone: 'green' });
    expect(timeline.next().streak.count).equal(3);
  });

  it('going out a second time keeps holding', () => {
    const timeline = new Timeline(policy);
    timeline.repeat(4, failing);
    timeline.turn('out');
    timeline.repeat(3);
    timeline.turn('out');
    expect(timeline.repeat(3).score).equal(20);
  });

  it('without a mark nothing is held', () => {
    const timeline = new Timeline(policy);
    timeline.repeat(4, failing);
    expect(timeline.repeat(2).zone).equal('green');
  });
});

describe('a new identity', () => {
  const { blackoutMs } = policy.scoring;
  const secondsOf = (ms: number): number => ms / second;

  const restarts: Readonly<Record<string, (timeline: Timeline) => { processStartedAt?: number }>> = {
    'a mark fresh': (timeline) => {
      timeline.turn('fresh');
      return {};
    },
    'another process start time': () => ({ processStartedAt: 99 * second }),
    both: (timeline) => {
      timeline.turn('fresh');
      return { processStartedAt: 99 * second };
    },
  };
  for (const [name, restart] of Object.entries(restarts))
    it(`${name}: memory, smoothing and zone start anew, after a blackout`, () => {
      const timeline = new Timeline(policy);
      timeline.repeat(5, failing);
      const change = restart(timeline);
      const first = timeline.next({}, change);
      expect(first).deep.include({
        zone: 'unknown',
        smoothed: null,
        blackout: true,
        joinedAt: timeline.now,
        evaluation: 1,
      });
      expect(first.why).equal('warming up: its first 20s do not count');
      timeline.zones = '';
      timeline.repeat(secondsOf(blackoutMs) + 3, {}, change);
      expect(timeline.zones).equal('u'.repeat(secondsOf(blackoutMs)) + 'ggg');
      expect(timeline.explain().instance).include({ smoothed: 100, blackout: false });
    });

  it('what it shows in its blackout does not count: not for the zone, the smoothing or the peers', () => {
    const timeline = new Timeline(policy, 0, instanceNamed('checkout-1', { joinedAt: second }));
    const cold = timeline.repeat(19, failing);
    expect(cold).include({ zone: 'unknown', score: 20, smoothed: null });
    timeline.repeat(4);
    expect(timeline.zones).equal('u'.repeat(19) + 'uugg');
    expect(timeline.explain().instance.smoothed).equal(100);
  });

  it('evidence begins after its blackout', () => {
    const timeline = new Timeline(policy, 0, instanceNamed('checkout-1', { joinedAt: second }));
    expect(timeline.next().traffic.since).equal(second);
    expect(timeline.repeat(30).traffic.since).equal(second + blackoutMs);
  });

  it('a start time that wobbles by a second or two, or is not there for once, is the same process', () => {
    const timeline = new Timeline(policy);
    timeline.repeat(3, {}, { processStartedAt: 10_000 });
    timeline.next({}, { processStartedAt: 11_900 });
    timeline.next({}, { processStartedAt: null });
    timeline.next({}, { processStartedAt: 10_000 });
    expect(timeline.zones).equal('uggggg');
  });

  it('the mark that follows a restart seen before is no second one', () => {
    const timeline = new Timeline(policy);
    timeline.repeat(3);
    timeline.next({}, { processStartedAt: 99 * second });
    timeline.mark = { state: 'fresh', since: timeline.now - 500 } satisfies RotationMark;
    expect(timeline.repeat(5, {}, { processStartedAt: 99 * second })).include({ evaluation: 6 });
  });

  it('registered again under the same id: it joined', () => {
    const first = new Timeline(policy);
    first.repeat(5);
    const again = new Timeline(policy, first.now, instanceNamed('checkout-1', { joinedAt: first.now + 500 }));
    again.memory = first.memory;
    expect(again.next()).deep.include({ zone: 'unknown', blackout: true, joinedAt: first.now + 500 });
  });
});

describe('same input, same result', () => {
  it('to the byte', () => {
    const play = (): string => {
      const timeline = new Timeline(policy);
      timeline.repeat(3);
      timeline.repeat(4, { ...failing, cpu: 0.8 });
      timeline.turn('out');
      timeline.repeat(3, { memory: 0.9 }, { up: answered(5) });
      return JSON.stringify([timeline.explain(), timeline.memory]);
    };
    expect(play()).equal(play());
    expect(observed(policy, 0).readings.size).above(8);
  });
});
