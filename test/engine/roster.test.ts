import { expect } from 'chai';
import fc from 'fast-check';
import { Roster } from '../../engine/roster.js';

type Change =
  | { readonly kind: 'set'; readonly key: number; readonly value: string }
  | { readonly kind: 'delete'; readonly keys: readonly number[] }
  | { readonly kind: 'finish' };

const key = fc.nat(12);
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), key, value: fc.string({ maxLength: 3 }) }),
  fc.record({ kind: fc.constant('delete' as const), keys: fc.array(key, { maxLength: 4 }) }),
  fc.constant({ kind: 'finish' as const }),
);

const apply = (model: Map<number, string>, each: Change): void => {
  if (each.kind === 'set') model.set(each.key, each.value);
  if (each.kind === 'delete') for (const gone of each.keys) model.delete(gone);
};

describe('a roster', () => {
  it('is a Map in all that is read of it, whatever is done to it, and those before it stay as they were', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
        const model = new Map<number, string>();
        const kept: [Roster<number, string>, [number, string][]][] = [];
        let draft = Roster.from(new Map<number, string>()).edit();
        for (const each of [...changes, { kind: 'finish' } as const]) {
          apply(model, each);
          if (each.kind === 'set') draft.set(each.key, each.value);
          else if (each.kind === 'delete') draft.deleteAll(each.keys);
          else {
            const roster = draft.finish();
            kept.push([roster, [...model]]);
            draft = roster.edit();
          }
        }
        for (const [roster, expected] of kept) {
          expect([...roster]).deep.equal(expected);
          expect([...roster.keys()]).deep.equal(expected.map(([id]) => id));
          expect([...roster.values()]).deep.equal(expected.map(([, value]) => value));
          expect(roster.size).equal(expected.length);
          for (let id = 0; id <= 12; id++) {
            expect(roster.get(id)).equal(new Map(expected).get(id));
            expect(roster.has(id)).equal(new Map(expected).has(id));
          }
        }
      }),
    );
  });

  it('changes what is asked for and names it', () => {
    const draft = Roster.from(new Map([...'abc'].map((name, at) => [name, at]))).edit();
    expect(draft.changeAll((value) => (value === 1 ? 10 : value))).deep.equal(['b']);
    expect([...draft.finish()]).deep.equal([
      ['a', 0],
      ['b', 10],
      ['c', 2],
    ]);
  });

  it('shares its keys with the one before where nobody came or went', () => {
    const before = Roster.from(new Map([['a', 1]]));
    expect(Roster.from(before)).equal(before);
    const draft = before.edit();
    draft.set('a', 2);
    const after = draft.finish();
    expect([before.get('a'), after.get('a')]).deep.equal([1, 2]);
  });
});
