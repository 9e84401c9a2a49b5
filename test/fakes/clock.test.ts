import { expect } from 'chai';
import { VirtualClock } from './clock.js';

describe('virtual clock', () => {
  it('wakes sleepers in the order of their time, each at its own', async () => {
    const clock = new VirtualClock(1_000);
    const woken: [string, number][] = [];
    const sleep = async (name: string, ms: number): Promise<void> => {
      await clock.sleep(ms);
      woken.push([name, clock.now()]);
    };
    const all = [sleep('late', 30), sleep('early', 10), sleep('twin', 10), sleep('later', 40)];
    await clock.advance(30);
    expect(woken).to.deep.equal([
      ['early', 1_010],
      ['twin', 1_010],
      ['late', 1_030],
    ]);
    await clock.advance(10);
    await Promise.all(all);
  });

  it('wakes those who fall asleep again within the same advance', async () => {
    const clock = new VirtualClock();
    const at: number[] = [];
    const ticking = (async () => {
      for (let tick = 0; tick < 3; tick++) {
        await clock.sleep(10);
        at.push(clock.mono());
      }
    })();
    await clock.advance(35);
    await ticking;
    expect(at).to.deep.equal([10, 20, 30]);
    expect(clock.mono()).to.equal(35);
  });

  it('lets the wall jump while durations go on', async () => {
    const clock = new VirtualClock(5_000);
    clock.jump(-4_000);
    await clock.advance(1);
    expect([clock.now(), clock.mono()]).to.deep.equal([1_001, 1]);
  });

  it('rejects with the reason of the signal', async () => {
    const clock = new VirtualClock();
    const ending = new AbortController();
    const asleep = clock.sleep(10, ending.signal).catch((reason: unknown) => reason);
    ending.abort('enough');
    expect(await asleep).to.equal('enough');
    expect(clock.sleeping).to.equal(0);
  });
});
