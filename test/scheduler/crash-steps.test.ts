import { expect } from 'chai';
import { type Healing, healingBy, play, wrong } from '../support/crash/story.js';

/** Where the next leader cannot know whether it was asked. */
const unknowable: ReadonlySet<string> = new Set(['ask', 'write b/ledger/orders', 'journal']);

/** Of what is asked over and over the first two stand for all. */
const chosen = (calls: readonly string[]): readonly (readonly [at: number, call: string])[] => {
  const counts = new Map<string, number>();
  return [...calls.entries()].filter(([, call]) => {
    counts.set(call, (counts.get(call) ?? 0) + 1);
    return call.startsWith('write b/ledger') || (counts.get(call) ?? 0) <= 2;
  });
};

describe('a scheduler that dies at each call that it makes while it heals by another step than a restart', function () {
  this.timeout(120_000);

  const healings: readonly (readonly [what: string, healing: Healing, calls: readonly string[]])[] = [
    ['asks an instance to mend itself', healingBy('gentle', null, ', post: /mend'), ['inspect', 'ask']],
    [
      'replaces a container, the old one stopped first',
      healingBy('replace', 'host'),
      ['create', 'stop', 'rename', 'start', 'remove'],
    ],
    [
      'replaces a container, the new one started first',
      healingBy('replace', 'bridge', ', start_new_first: true'),
      ['create', 'start', 'stop', 'rename', 'remove'],
    ],
  ];

  for (const [what, healing, needed] of healings)
    for (const [blow, how] of [
      ['dies after', ''],
      ['dies before', 'long: '],
    ] as const)
      it(`${how}${what}, and ${blow} it: all ends well, and nothing is left over`, async () => {
        const undisturbed = await play(healing, Infinity, blow);
        expect(wrong(undisturbed, 'verified')).to.deep.equal([]);
        expect(undisturbed.calls).to.include.members([...needed, 'find', 'submit', 'journal', 'write b/ledger/orders']);
        const bad: string[] = [];
        for (const [at, call] of chosen(undisturbed.calls)) {
          const story = await play(healing, at, blow);
          bad.push(...wrong(story, 'verified', unknowable.has(call)).map((text) => `${at} ${call}: ${text}`));
        }
        expect(bad).to.deep.equal([]);
      });
});
