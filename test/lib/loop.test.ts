import { expect } from 'chai';
import fc from 'fast-check';
import { backoff, pause, runLoop } from '../../lib/loop.js';
import { VirtualClock } from '../fakes/clock.js';
import { hearLog } from '../support/log.js';

describe('runLoop', () => {
  const run = (clock: VirtualClock, step: (at: number) => Promise<void>) => {
    const heard = hearLog();
    const ending = new AbortController();
    const starts: number[] = [];
    const done = runLoop(
      { name: 'beat', everyMs: 100, clock, log: heard.log },
      async () => {
        starts.push(clock.mono());
        await step(clock.mono());
      },
      ending.signal,
    );
    return { ...heard, starts, stop: () => (ending.abort(), done) };
  };

  it('starts at once and then every interval, from start to start', async () => {
    const clock = new VirtualClock();
    const loop = run(clock, () => clock.sleep(30));
    await clock.advance(350);
    await loop.stop();
    expect(loop.starts).to.deep.equal([0, 100, 200, 300]);
  });

  it('does not catch up after a step that took too long', async () => {
    const clock = new VirtualClock();
    const loop = run(clock, (at) => clock.sleep(at === 0 ? 250 : 0));
    await clock.advance(450);
    await loop.stop();
    expect(loop.starts).to.deep.equal([0, 250, 350, 450]);
  });

  it('logs a step that throws and goes on', async () => {
    const clock = new VirtualClock();
    const loop = run(clock, () => Promise.reject(new Error('no luck')));
    await clock.advance(200);
    await loop.stop();
    expect(loop.starts).to.have.length(3);
    expect(loop.lines.map(({ loop: name, level }) => [name, level])).to.deep.equal(Array(3).fill(['beat', 'error']));
  });

  it('ends while it sleeps, and leaves no sleeper behind', async () => {
    const clock = new VirtualClock();
    const loop = run(clock, () => Promise.resolve());
    await clock.advance(10);
    await loop.stop();
    expect(clock.sleeping).to.equal(0);
  });
});

describe('pause', () => {
  it('tells whether it slept through', async () => {
    const clock = new VirtualClock();
    const ending = new AbortController();
    const slept = pause(clock, 50, ending.signal);
    await clock.advance(50);
    expect(await slept).to.equal(true);
    const cut = pause(clock, 50, ending.signal);
    ending.abort();
    expect(await cut).to.equal(false);
    expect(await pause(clock, 50, ending.signal)).to.equal(false);
  });
});

describe('backoff', () => {
  const limits = { firstMs: 250, maxMs: 60_000 };

  it('doubles the range up to the maximum', () => {
    const tops = [0, 1, 2, 7, 8, 9, 5_000].map((attempt) => backoff(limits, attempt, 1));
    expect(tops).to.deep.equal([250, 500, 1_000, 32_000, 60_000, 60_000, 60_000]);
  });

  it('uses the whole range, from zero', () => {
    fc.assert(
      fc.property(fc.nat(2_000), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempt, random) => {
        const ms = backoff(limits, attempt, random);
        expect(ms).to.be.within(0, 60_000);
        expect(ms).to.be.closeTo(random * backoff(limits, attempt, 1), 1e-6);
      }),
    );
  });
});
