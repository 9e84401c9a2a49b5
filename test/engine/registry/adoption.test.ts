import { expect } from 'chai';
import fc from 'fast-check';
import { discover } from '../../../config/defaults.js';
import { noAdoption, stepAdoption, type AdoptionInputs, type AdoptionMemory } from '../../../engine/registry/index.js';

const policy = { ...discover, appearMs: 5_000, vanishMs: 60_000, limit: 3 };
const presets = new Set(['node', 'node-exporter', 'go']);

type Tags = Readonly<Record<string, readonly string[]>>;
const inputs = (services: Tags, more: Partial<AdoptionInputs> = {}): AdoptionInputs => ({
  services: Object.entries(services).map(([name, tags]) => ({ name, tags })),
  metas: new Map(Object.keys(services).map((name) => [name, null])),
  filed: new Set(),
  presets,
  ...more,
});
const node = ['ballast', 'ballast-preset=node'];
const go = ['ballast', 'ballast-preset=go'];

/** Looks at each catalog at its second; what is adopted after each. */
const play = (
  looks: readonly (readonly [second: number, services: Tags, more?: Partial<AdoptionInputs>])[],
  how = policy,
): readonly string[] => {
  let memory: AdoptionMemory = noAdoption;
  return looks.map(([second, services, more]) => {
    const step = stepAdoption(memory, inputs(services, more), how, second * 1_000);
    memory = step.memory;
    return step.adopted.map(({ service, presets: own }) => `${service}:${own.join('+')}`).join(' ');
  });
};
const problemsOf = (services: Tags, more: Partial<AdoptionInputs> = {}, how = policy): readonly string[] =>
  stepAdoption(noAdoption, inputs(services, more), how, 0).problems;

describe('services without a file that carry the tag', () => {
  it('are those of the first list at once, and of later ones when they have stayed for a while', () => {
    expect(
      play([
        [0, { web: node, other: ['x'] }],
        [10, { web: node, api: go }],
        [14, { web: node, api: go }],
        [15, { web: node, api: go }],
      ]),
    ).to.deep.equal(['web:node', 'web:node', 'web:node', 'api:go web:node']);
  });

  it('are let go when they were gone for long, and only then', () => {
    expect(
      play([
        [0, { web: node }],
        [10, {}],
        [60, {}],
        [65, { web: node }],
        [66, {}],
        [125, {}],
        [126, {}],
      ]),
    ).to.deep.equal(['web:node', 'web:node', 'web:node', 'web:node', 'web:node', 'web:node', '']);
  });

  it('are not adopted for a flicker', () => {
    expect(
      play([
        [0, {}],
        [1, { web: node }],
        [4, {}],
        [5, { web: node }],
        [9, { web: node }],
        [10, { web: node }],
      ]),
    ).to.deep.equal(['', '', '', '', '', 'web:node']);
  });

  it('change their preset when they have asked for another for a while; one that nobody has leaves the old', () => {
    expect(
      play([
        [0, { web: node }],
        [1, { web: go }],
        [6, { web: go }],
        [7, { web: ['ballast', 'ballast-preset=nonsense'] }],
        [99, { web: ['ballast', 'ballast-preset=nonsense'] }],
      ]),
    ).to.deep.equal(['web:node', 'web:node', 'web:go', 'web:go', 'web:go']);
  });

  it('take their preset from a tag, else from meta, else the default', () => {
    const metas = new Map([
      ['api', 'go'],
      ['web', null],
      ['db', null],
    ]);
    const services = { api: ['ballast'], web: ['ballast'], db: ['ballast', 'ballast-preset= node, node-exporter '] };
    expect(play([[0, services, { metas }]], { ...policy, presets: ['node'] })).to.deep.equal([
      'api:go db:node+node-exporter web:node',
    ]);
    expect(play([[0, services, { metas: new Map() }]])).to.deep.equal(['db:node+node-exporter']);
  });

  it('with a file of their own are left to it', () => {
    expect(play([[0, { web: node, api: go }, { filed: new Set(['web']) }]])).to.deep.equal(['api:go']);
  });

  it('are no more than the limit: who was first stays', () => {
    const many = { b: node, c: node, d: node };
    expect(
      play([
        [0, many],
        [1, { ...many, a: node, e: node }],
        [9, { ...many, a: node, e: node }],
      ]),
    ).to.deep.equal(['b:node c:node d:node', 'b:node c:node d:node', 'b:node c:node d:node']);
    expect(problemsOf({ a: node, ...many })).to.deep.equal(['1 services more than the limit of 3 have the tag: d']);
  });

  for (const [services, problem] of [
    [
      { web: ['ballast'] },
      'web has the tag ballast and no preset: tag it ballast-preset=NAME; there are: go, node, node-exporter',
    ],
    [
      { web: ['ballast', 'ballast-preset=nodejs'] },
      'web asks for the preset "nodejs"; there are: go, node, node-exporter',
    ],
    [{ '../x\n': node }, 'a service has the tag ballast and no safe name: "../x\\n"'],
  ] as const)
    it(`are told where they cannot be scored: ${problem}`, () => {
      expect(problemsOf(services)).to.deep.equal([problem]);
      expect(play([[0, services]])).to.deep.equal(['']);
    });

  it('are never more than the limit, never unsafe, and never without a known preset, whatever the catalog says', () => {
    const name = fc.oneof(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.string());
    const tags = fc.array(
      fc.oneof(fc.constantFrom('ballast', 'ballast-preset=node', 'ballast-preset=x,'), fc.string()),
    );
    const looks = fc.array(fc.tuple(fc.nat(30), fc.dictionary(name, tags)), { maxLength: 12 });
    fc.assert(
      fc.property(looks, (all) => {
        let memory: AdoptionMemory = noAdoption;
        let now = 0;
        for (const [pause, services] of all) {
          now += pause * 1_000;
          const step = stepAdoption(memory, inputs(services), policy, now);
          memory = step.memory;
          expect(step.adopted.length).to.be.at.most(policy.limit);
          for (const { service, presets: own } of step.adopted) {
            expect(service).to.match(/^[A-Za-z0-9][A-Za-z0-9._-]*$/);
            expect(own.length > 0 && own.every((each) => presets.has(each))).to.equal(true);
          }
        }
      }),
    );
  });
});
