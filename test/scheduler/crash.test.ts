import { expect } from 'chai';
import type { Blow } from '../support/crash/fate.js';
import { healingBy, play, second, wrong } from '../support/crash/story.js';

/** Woken just after somebody else may lead, or when the other has long finished what was left undone. */
const sleepsMs = [24 * second, 150 * second];
const restart = healingBy('restart', null);

describe('a scheduler that dies or is not answered, at each call that it makes while it heals', function () {
  this.timeout(60_000);
  let calls: readonly string[];

  before(async () => {
    const story = await play(restart, Infinity, 'dies before');
    expect(wrong(story, 'verified')).to.deep.equal([]);
    ({ calls } = story);
    expect(calls).to.include.members([
      'submit',
      'journal',
      'find',
      'inspect',
      'stop',
      'start',
      'write b/ledger/orders',
    ]);
  });

  /** A step that says it failed is one, unless a new process is seen all the same; the next step is another action. */
  const outcomesOf = (blow: Blow, call: string): string => {
    const fails =
      (blow === 'fails before' && ['inspect', 'stop', 'start'].includes(call)) ||
      (blow === 'fails after' && ['inspect', 'stop'].includes(call));
    return fails ? 'step-failed,verified' : 'verified';
  };

  /**
   * The one moment that nobody can guard: between the last look at the lock and the call itself. Whoever sleeps there for
   * longer than the other takes to do the step does it once more, to the new process.
   */
  const isUnguarded = (blow: Blow, call: string, sleepMs: number): boolean =>
    blow === 'sleeps before' && call === 'stop' && sleepMs === Math.max(...sleepsMs);

  const each = async (blow: Blow, sleepMs = 0): Promise<void> => {
    const bad: string[] = [];
    for (const [at, call] of calls.entries()) {
      if (isUnguarded(blow, call, sleepMs)) continue;
      const story = await play(restart, at, blow, sleepMs);
      bad.push(...wrong(story, outcomesOf(blow, call)).map((what) => `${at} ${call}: ${what}`));
    }
    expect(bad).to.deep.equal([]);
  };

  for (const blow of ['dies before', 'dies after', 'fails before', 'fails after'] as const)
    it(`${blow} it: all ends well, there is one new process, and the journal tells it once`, () => each(blow));

  for (const blow of ['sleeps before', 'sleeps after'] as const)
    for (const sleepMs of sleepsMs)
      it(`${blow} it, for ${sleepMs / second} s, while another leads: the same`, () => each(blow, sleepMs));
});

describe('a gateway whose reloads take a while', function () {
  this.timeout(60_000);

  // A probation that fails at once: the plan with it is still on its way to NGINX when the action begins.
  for (const reloadMs of [1_000, 1_500, 2_000, 2_500])
    it(`of ${reloadMs} ms: nothing is done to an instance while it is served, or about to be`, async () => {
      expect(
        wrong(await play({ ...restart, reloadMs, fault: 'leak' }, Infinity, 'dies before'), 'verified'),
      ).to.deep.equal([]);
    });
});
