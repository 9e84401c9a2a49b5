import { expect } from 'chai';
import type { MetricName } from '../../../config/index.js';
import { carry, type JudgeMemory } from '../../../engine/score/index.js';
import { policyFor } from '../../support/policy.js';

const file = (changes: Readonly<Record<string, string>> = {}, rest = ''): string => `
${rest}
metrics:
  gauge: {level: app, query: depth, good: 0, critical: 10, weight: 1${changes['gauge'] ?? ''}}
  burst: {level: app, query: burst, good: 0, critical: 10, weight: 1, curve: {decay: {half_life: 1m}}}
  errors: {level: app, ratio: {bad: 'bad', total: 'all'}, good: 0%, critical: ${changes['errors'] ?? '10%'}, weight: 1}
  node: {level: system, query: load, good: 0, critical: 10, weight: 1}
`;
const name = (text: string): MetricName => text as MetricName;
const memory: JudgeMemory = [
  { name: name('gauge'), samples: [5, 1000, 6, 2000], burst: null, judged: null, since: null },
  { name: name('burst'), samples: [5, 1000], burst: { penalty: 0.5, at: 1000 }, judged: null, since: null },
  {
    name: name('errors'),
    samples: [],
    burst: null,
    judged: { value: 0.05, penalty: 0.5, sampledAt: 1000 },
    since: null,
  },
  { name: name('node'), samples: [5, 1000], burst: null, judged: null, since: null },
];
const before = policyFor(file());
const after = (text: string): JudgeMemory => carry(memory, before, policyFor(text));

describe('what was judged, when the policy changes', () => {
  it('stays whole while nothing of it changed', () => {
    expect(after(file({}, 'zones: {good_score: 90}\nscrape: {interval: 1s}'))).to.equal(memory);
    expect(after(file({ gauge: ', cap: 10, dry_run: true, blame: dependency' }))).to.equal(memory);
  });

  it('keeps the values of a metric whose thresholds changed, and judges a held one anew', () => {
    const kept = after(file({ errors: '20%', gauge: ', unit: count' }));
    expect(kept[0]).to.equal(memory[0]);
    expect(kept[2]?.judged).to.deep.equal({ value: 0.05, penalty: 0.25, sampledAt: 1000 });
  });

  it('lets a burst go with the thresholds that made it', () => {
    const kept = after(file().replace('query: burst, good: 0, critical: 10', 'query: burst, good: 0, critical: 20'));
    expect(kept[1]).to.deep.equal({ ...memory[1], burst: null });
  });

  it('forgets a metric that measures something else, and one that is gone', () => {
    const other = file().replace('query: depth', 'query: depth_now');
    expect(after(other).map((each) => each.name)).to.deep.equal(['burst', 'errors', 'node']);
    const gone = file().replace(/^ {2}gauge.*$/m, '');
    expect(after(gone)).to.deep.equal(memory.slice(1));
    const quiet = file({ gauge: ", min_traffic: {query: 'rate(all[1m])', at_least: 1}" });
    expect(after(quiet)).to.deep.equal(memory.slice(1));
  });

  it('forgets what another page said', () => {
    const system = (port: number): string => `system: {url: 'http://{{node.address}}:${port}/'}`;
    const from = policyFor(file({}, system(1)));
    const left = (rest: string): readonly string[] =>
      carry(memory, from, policyFor(file({}, rest))).map((each) => each.name);
    expect(left(`scrape: {path: /other}\n${system(1)}`)).to.deep.equal(['node']);
    expect(left(system(2))).to.deep.equal(['gauge', 'burst', 'errors']);
  });
});
