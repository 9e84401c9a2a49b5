import { expect } from 'chai';
import { ServiceSet } from '../../engine/services.js';
import { policyFor } from '../support/policy.js';

const orders = (critical = 10) =>
  policyFor(`service: orders\nmetrics: {depth: {query: depth, good: 0, critical: ${critical}, weight: 1}}`);
const users = policyFor('service: users');

describe('the services that are scored', () => {
  it('are told apart by what changed, and stay the same objects where nothing did', () => {
    const { set, changes } = ServiceSet.empty.next('file', [orders(), users]);
    expect(changes).to.deep.equal({ added: ['orders', 'users'], changed: [], removed: [] });
    const same = set.next('file', [orders(), policyFor('service: users')]);
    expect(same.changes).to.deep.equal({ added: [], changed: [], removed: [] });
    expect(same.set.all).to.have.ordered.members([...set.all]);
    const next = set.next('file', [orders(20)]);
    expect(next.changes).to.deep.equal({ added: [], changed: ['orders'], removed: ['users'] });
    expect(next.set.all.map(({ policy }) => policy.metrics[0]?.critical)).to.deep.equal([20]);
  });

  it('come from files and from discovery, and a file comes first', () => {
    const { set } = ServiceSet.empty.next('file', [orders()]);
    const found = set.next('discovery', [orders(20), users]);
    expect(found.changes).to.deep.equal({ added: ['users'], changed: [], removed: [] });
    expect(found.set.compiled.get(orders().service)?.policy.metrics[0]?.critical).to.equal(10);
    const without = found.set.next('file', []);
    expect(without.changes).to.deep.equal({ added: [], changed: ['orders'], removed: [] });
    expect(without.set.next('discovery', []).changes.removed).to.have.members(['orders', 'users']);
  });

  it('are refused whole where one query cannot be used', () => {
    const { set } = ServiceSet.empty.next('file', [orders()]);
    const [metric] = orders().metrics;
    if (!metric) throw new Error('no metric');
    const bad = { ...orders(), metrics: [{ ...metric, source: { kind: 'query', promql: 'sum(' } as const }] };
    expect(() => set.next('file', [users, bad])).to.throw(/orders: depth: /);
    expect(set.all.map(({ policy }) => policy.service)).to.deep.equal(['orders']);
  });
});
