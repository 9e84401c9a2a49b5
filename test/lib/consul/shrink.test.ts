import { expect } from 'chai';
import fc from 'fast-check';
import { newShrink, type ShrinkMemory, stepShrink, type ShrinkStep } from '../../../lib/consul/shrink.js';

const policy = { share: 0.15, atLeast: 2, confirmations: 3 };
const ids = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, at) => `i${from + at}`);

/** Feeds lists one after the other, one a second. */
const feed = (...lists: readonly string[][]): ShrinkStep[] => {
  let memory: ShrinkMemory = newShrink;
  return lists.map((list, at) => {
    const step = stepShrink(memory, list, policy, at * 1_000);
    memory = step.memory;
    return step;
  });
};
const verdicts = (...lists: readonly string[][]): string =>
  feed(...lists)
    .map((step) => (step.accepted ? 'a' : 'h'))
    .join('');

describe('shrink guard', () => {
  const rows: [string, string[][], string][] = [
    ['the first list is believed, whatever it is', [[]], 'a'],
    ['growing is believed', [ids(0, 3), ids(0, 30)], 'aa'],
    ['one of three may go: two is the least', [ids(0, 3), ids(0, 2)], 'aa'],
    ['the last one may go', [ids(0, 1), []], 'aa'],
    ['two of three may not', [ids(0, 3), ids(0, 1)], 'ah'],
    ['three of twenty are not more than 15 %', [ids(0, 20), ids(0, 17)], 'aa'],
    ['four of twenty are', [ids(0, 20), ids(0, 16)], 'ah'],
    ['an emptied catalog is held, and believed when seen again three times', [ids(0, 9), [], [], [], []], 'ahhha'],
    ['back to what it was', [ids(0, 9), [], ids(0, 9), [], []], 'ahahh'],
    [
      'partly back: another loss, counted anew',
      [ids(0, 9), [], [], ids(0, 4), ids(0, 4), ids(0, 4), ids(0, 4)],
      'ahhhhha',
    ],
    ['one by one is no shrinking at once', [ids(0, 4), ids(0, 3), ids(0, 2), ids(0, 1)], 'aaaa'],
    ['others in their place do not make up for the loss', [ids(0, 9), ids(20, 29)], 'ah'],
    [
      'newcomers do not disturb the count',
      [ids(0, 9), ids(0, 4), ids(0, 5).slice(0, 4).concat('new'), ids(0, 4).concat('new'), ids(0, 4).concat('new')],
      'ahhha',
    ],
  ];
  for (const [name, lists, expected] of rows) it(name, () => expect(verdicts(...lists)).to.equal(expected));

  it('says what is missing, from how many to how many, and how often that was seen', () => {
    const [, first, second] = feed(ids(0, 5), ids(0, 2), ids(0, 2));
    expect(first?.missing).to.deep.equal(['i2', 'i3', 'i4']);
    expect(first?.pending).to.deep.equal({ from: 5, to: 2, seen: 0, needed: 3, since: 1_000 });
    expect(second?.pending).to.deep.equal({ from: 5, to: 2, seen: 1, needed: 3, since: 1_000 });
  });

  it('never lets a list that is not yet confirmed take away more than the policy says', () => {
    const fleet = fc.subarray(ids(0, 20));
    fc.assert(
      fc.property(fc.array(fleet, { minLength: 1, maxLength: 12 }), (lists) => {
        let known: string[] | null = null;
        let times = 0;
        for (const [at, step] of feed(...lists).entries()) {
          const list = lists[at] ?? [];
          const shown = [...list, ...step.missing];
          const lost = (known ?? []).filter((id) => !shown.includes(id));
          times = step.accepted ? 0 : times + 1;
          const confirmed =
            at >= policy.confirmations && lists.slice(at - policy.confirmations, at).every((l) => l.length < 20);
          if (known && lost.length >= policy.atLeast && lost.length > policy.share * known.length)
            expect(confirmed, `lost ${lost.join()} at ${at}`).to.equal(true);
          if (step.accepted) expect(step.missing).to.deep.equal([]);
          known = shown;
        }
      }),
    );
  });
});
