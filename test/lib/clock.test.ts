import { expect } from 'chai';
import { systemClock } from '../../lib/clock.js';

describe('system clock', () => {
  it('sleeps, and rejects with the reason of the signal', async () => {
    await systemClock.sleep(1);
    const ending = new AbortController();
    const asleep = systemClock.sleep(60_000, ending.signal).catch((reason: unknown) => reason);
    ending.abort('enough');
    expect(await asleep).to.equal('enough');
    expect(await systemClock.sleep(1, AbortSignal.abort('before')).catch((reason: unknown) => reason)).to.equal(
      'before',
    );
  });

  it('has durations that do not fall', () => {
    const before = systemClock.mono();
    expect(systemClock.mono()).to.be.at.least(before);
  });
});
