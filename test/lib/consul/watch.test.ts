import { expect } from 'chai';
import fc from 'fast-check';
import {
  newWatch,
  runWatch,
  stepWatch,
  type WatchAnswer,
  type WatchEvent,
  type WatchMemory,
  type WatchQuestion,
  type WatchReply,
} from '../../../lib/consul/watch.js';
import { VirtualClock } from '../../fakes/clock.js';

const limitMs = 5_000;
const at7: WatchMemory = { index: 7, content: '[1]', failures: 0, insist: false };
const answer = (index: number, content: string, lastContactMs = 0): WatchAnswer => ({
  kind: 'answer',
  index,
  content,
  lastContactMs,
});
const failure: WatchAnswer = { kind: 'failure', why: 'no leader' };

describe('a step of a watch', () => {
  const rows: [string, WatchMemory, WatchAnswer, Partial<WatchMemory>, string][] = [
    ['first answer', newWatch, answer(7, '[]'), { index: 7, content: '[]' }, 'value'],
    [
      'first answer, empty: received empty is not "not received"',
      newWatch,
      answer(3, '[]'),
      { content: '[]' },
      'value',
    ],
    ['index did not move: the wait was over', at7, answer(7, '[1]'), at7, 'nothing'],
    ['index moved, content too', at7, answer(8, '[2]'), { index: 8, content: '[2]' }, 'value'],
    ['index moved, content did not', at7, answer(8, '[1]'), { index: 8, content: '[1]' }, 'nothing'],
    ['index fell: start over, believe nothing yet', at7, answer(3, '[2]'), { index: 0, content: '[1]' }, 'nothing'],
    ['the answer after the fall', { ...at7, index: 0 }, answer(3, '[2]'), { index: 3, content: '[2]' }, 'value'],
    ['the answer after the fall, as before', { ...at7, index: 0 }, answer(3, '[1]'), { index: 3 }, 'nothing'],
    ['an index of 0 would never block', newWatch, answer(0, '[1]'), { index: 1 }, 'value'],
    ['a failure keeps the content and asks at once', at7, failure, { index: 0, content: '[1]', failures: 1 }, 'error'],
    ['another failure', { ...at7, failures: 4 }, failure, { failures: 5 }, 'error'],
    ['failure before anything', newWatch, failure, { content: null, failures: 1 }, 'error'],
    ['recovery with the same content', { ...at7, index: 0, failures: 3 }, answer(7, '[1]'), at7, 'value'],
    ['content emptied', at7, answer(8, '[]'), { content: '[]' }, 'value'],
    ['a stale answer, young enough', at7, answer(8, '[2]', limitMs), { content: '[2]', insist: false }, 'value'],
    [
      'a stale answer, too old',
      at7,
      answer(8, '[2]', limitMs + 1),
      { content: '[1]', insist: true, failures: 1 },
      'error',
    ],
    [
      'the leader itself',
      { ...at7, index: 0, insist: true, failures: 1 },
      answer(8, '[2]'),
      { insist: false },
      'value',
    ],
    ['no leader to ask', { ...at7, insist: true }, failure, { insist: true }, 'error'],
  ];
  for (const [name, memory, given, after, report] of rows)
    it(name, () => {
      const step = stepWatch(memory, given, limitMs, 0.5);
      expect(step.memory).to.include(after);
      expect(step.report.kind).to.equal(report);
    });

  it('says how old is too old', () => {
    const { report } = stepWatch(at7, answer(8, '[]', 9_000), limitMs, 0.5);
    expect(report).to.deep.equal({
      kind: 'error',
      why: 'the server last heard of a leader 9000 ms ago (limit 5000 ms)',
    });
  });

  it('does not measure the age of an answer that was not stale', () => {
    expect(stepWatch(at7, answer(8, '[2]', 1e9), null, 0.5).report.kind).to.equal('value');
  });

  it('backs off from 250 ms to a minute, for ever', () => {
    let memory = newWatch;
    const pauses: number[] = [];
    for (let attempt = 0; attempt < 1_100; attempt++) {
      const step = stepWatch(memory, failure, limitMs, 1);
      memory = step.memory;
      pauses.push(step.pauseMs);
    }
    expect(pauses.slice(0, 10)).to.deep.equal([250, 500, 1e3, 2e3, 4e3, 8e3, 16e3, 32e3, 6e4, 6e4]);
    expect(pauses.at(-1)).to.equal(60_000);
  });

  const anyAnswer: fc.Arbitrary<WatchAnswer> = fc.oneof(
    fc.constant(failure),
    fc.record({
      kind: fc.constant('answer' as const),
      index: fc.nat(20),
      content: fc.constantFrom('[]', '[1]', '[2]'),
      lastContactMs: fc.constantFrom(0, limitMs * 2),
    }),
  );

  it('never reports what it does not hold, never asks beyond what it was told, and always pauses within bounds', () => {
    fc.assert(
      fc.property(
        fc.array(anyAnswer, { maxLength: 40 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (answers, random) => {
          let memory = newWatch;
          for (const given of answers) {
            const { memory: after, report, pauseMs } = stepWatch(memory, given, limitMs, random);
            if (report.kind === 'value') expect(given).to.include({ kind: 'answer', content: after.content });
            else expect(after.content).to.equal(memory.content);
            if (after.index !== 0) expect(after.index).to.equal(given.kind === 'answer' ? Math.max(1, given.index) : 0);
            if (report.kind !== 'error') expect(pauseMs).to.be.within(50, 100);
            expect(pauseMs).to.be.within(0, 60_000);
            memory = after;
          }
        },
      ),
    );
  });
});

/** One answer after the other; then a question that is never answered. */
const answering =
  <T>(clock: VirtualClock, script: readonly (() => WatchReply<T>)[], asked: WatchQuestion[] = []) =>
  async (question: WatchQuestion, signal: AbortSignal): Promise<WatchReply<T>> => {
    asked.push(question);
    const next = script[asked.length - 1];
    if (next) return next();
    await clock.sleep(question.waitMs, signal);
    throw new Error('not reached');
  };

describe('a watch', () => {
  it('reports nothing of an answer in whose reading it ended', async () => {
    const clock = new VirtualClock();
    const ending = new AbortController();
    const read = async () => {
      ending.abort();
      return Promise.resolve({ value: 'a', content: 'a' });
    };
    const reply = { read, glance: () => undefined, index: 5, lastContactMs: 0 };
    const events: unknown[] = [];
    await runWatch<string>(
      { ask: answering(clock, [() => reply]), maxStaleMs: null, clock, random: () => 0.5 },
      ending.signal,
      (event) => events.push(event),
    );
    expect(events).to.deep.equal([]);
  });

  it('asks stale until that is too old, then the leader, and ends in the middle of a question', async () => {
    const clock = new VirtualClock();
    const ending = new AbortController();
    const asked: WatchQuestion[] = [];
    const events: WatchEvent<number[]>[] = [];
    const reply = (value: number[], index: number, lastContactMs: number) => ({
      read: () => Promise.resolve({ value, content: JSON.stringify(value) }),
      glance: () => undefined,
      index,
      lastContactMs,
    });
    const script = [reply([1], 5, 0), reply([1, 2], 6, 60_000), reply([1, 2, 3], 6, 60_000)];
    const done = runWatch<number[]>(
      {
        ask: answering(
          clock,
          script.map((next) => () => next),
          asked,
        ),
        maxStaleMs: limitMs,
        clock,
        random: () => 0.5,
      },
      ending.signal,
      (event) => events.push(event),
    );
    await clock.advance(1_000);
    ending.abort();
    await done;
    expect(asked.map(({ index, stale }) => [index, stale])).to.deep.equal([
      [0, true],
      [5, true],
      [0, false],
      [6, true],
    ]);
    expect(events.map((event) => (event.kind === 'value' ? event.value : event.kind))).to.deep.equal([
      [1],
      'error',
      [1, 2, 3],
    ]);
    expect(clock.sleeping).to.equal(0);
  });

  it('reads nothing again where the wait was over without a change, but does after an error', async () => {
    const clock = new VirtualClock();
    const ending = new AbortController();
    let reads = 0;
    const answer = (index: number, value: string) => () => ({
      read: () => {
        reads += 1;
        return Promise.resolve({ value, content: value });
      },
      glance: () => undefined,
      index,
      lastContactMs: 0,
    });
    const broken = (): never => {
      throw new Error('Consul is gone');
    };
    const script = [answer(5, 'a'), answer(5, 'a'), answer(5, 'a'), answer(6, 'b'), broken, answer(6, 'b'), answer(1, 'c'), answer(1, 'c'), answer(1, 'd')]; // prettier-ignore
    const events: unknown[] = [];
    const seen: number[] = [];
    const done = runWatch<string>(
      {
        ask: answering(clock, script),
        maxStaleMs: null,
        clock,
        random: () => 0.5,
      },
      ending.signal,
      (event) => {
        events.push(event.kind === 'value' ? event.value : event.kind);
        seen.push(reads);
      },
    );
    await clock.advance(10_000);
    ending.abort();
    await done;
    // An index of 1 says nothing: it is what Consul answers where it has none.
    expect(events).to.deep.equal(['a', 'b', 'error', 'b', 'c', 'd']);
    expect(seen).to.deep.equal([1, 2, 2, 3, 5, 6]);
  });

  it('takes an answer that cannot be one for a failure, also where its index says that nothing changed', async () => {
    const clock = new VirtualClock();
    const ending = new AbortController();
    const reply = (isBroken: boolean) => ({
      read: () => (isBroken ? Promise.reject(new Error('unreadable')) : Promise.resolve({ value: 'a', content: 'a' })),
      glance: () => {
        if (isBroken) throw new Error('unreadable');
      },
      index: 5,
      lastContactMs: 0,
    });
    const script = [reply(false), reply(false), reply(true), reply(true), reply(false)];
    const events: unknown[] = [];
    const done = runWatch<string>(
      {
        ask: answering(
          clock,
          script.map((next) => () => next),
        ),
        maxStaleMs: null,
        clock,
        random: () => 0.5,
      },
      ending.signal,
      (event) => events.push(event.kind === 'value' ? event.value : event.why),
    );
    await clock.advance(10_000);
    ending.abort();
    await done;
    expect(events).to.deep.equal(['a', 'unreadable', 'unreadable', 'a']);
  });
});
