import { expect } from 'chai';
import type { HealthEntry } from '../../../lib/consul/catalog.js';
import { type CatalogEvent, type CatalogMemory, emptyCatalog, foldCatalog } from '../../../scheduler/world/catalog.js';

const policy = { share: 0.15, atLeast: 2, confirmations: 3 };
const entry = (serviceId: string, over: Partial<HealthEntry> = {}): HealthEntry => ({
  serviceId,
  service: 'orders',
  node: { name: 'n1', address: '10.0.0.1' },
  datacenter: 'dc1',
  address: '10.0.0.1',
  port: 80,
  tags: [],
  meta: {},
  status: 'passing',
  why: '',
  checks: [],
  modifyIndex: 1,
  ...over,
});
const list = (n: number) => Array.from({ length: n }, (_, i) => entry(`orders-${i}`));
const value = (entries: HealthEntry[], at: number): CatalogEvent => ({ kind: 'value', value: entries, at });
const fold = (events: CatalogEvent[]): CatalogMemory =>
  events.reduce((m, e) => foldCatalog(m, e, policy), emptyCatalog);
const ids = ({ state }: CatalogMemory) => (state.kind === 'waiting' ? null : state.entries.map((e) => e.id as string));

describe('catalog of the scheduler', () => {
  it('tells not received from received empty', () => {
    expect(fold([]).state.kind).to.equal('waiting');
    expect(fold([{ kind: 'error', why: 'refused', at: 1 }]).state).to.deep.equal({ kind: 'waiting', why: 'refused' });
    expect(fold([value([], 1)]).state).to.deep.equal({ kind: 'live', at: 1, entries: [] });
  });

  it('keeps the last list through errors, and says why', () => {
    const memory = fold([value(list(2), 1), { kind: 'error', why: 'no leader', at: 2 }]);
    expect(memory.state).to.deep.include({ kind: 'held', at: 1, why: 'no leader', shrink: null });
    expect(ids(memory)).to.have.length(2);
    expect(
      fold([value(list(2), 1), { kind: 'error', why: 'no leader', at: 2 }, value(list(2), 3)]).state.kind,
    ).to.equal('live');
  });

  it('keeps those lost when many are lost at once, until the loss was seen again three times', () => {
    const start = [value(list(10), 1), value(list(4), 2)];
    const held = fold(start);
    expect(held.state).to.deep.include({ kind: 'held', shrink: { from: 10, to: 4, seen: 0, needed: 3 } });
    expect(ids(held)).to.have.length(10);
    const again = (times: number) => Array.from({ length: times }, (_, i) => value(list(4), 3 + i));
    expect(ids(fold([...start, ...again(2)]))).to.have.length(10);
    expect(ids(fold([...start, ...again(3)]))).to.have.length(4);
  });

  it('lets newcomers, and news of those that are still named, through a held list', () => {
    const held = fold([value(list(10), 1), value([entry('orders-0', { status: 'critical' }), entry('new')], 2)]);
    expect(ids(held)).to.have.length(11);
    expect(held.state.kind === 'held' && held.state.entries[0]?.consul).to.equal('critical');
  });

  it('lets one of three go at once: two is the least that counts as a loss of many', () => {
    expect(ids(fold([value(list(3), 1), value(list(2), 2)]))).to.have.length(2);
  });

  it('names nodes where two of them registered the same id', () => {
    const twins = [entry('web'), entry('web', { node: { name: 'n2', address: '10.0.0.2' } }), entry('api')];
    expect(ids(fold([value(twins, 1)]))).to.deep.equal(['web@n1', 'web@n2', 'api']);
  });

  it('waits for a first list that lacks no datacenter, and holds what it knows of one that fails', () => {
    const of = (event: object, memory = emptyCatalog) =>
      foldCatalog(memory, { kind: 'value', value: [entry('web')], at: 1, ...event }, policy, true);
    expect(of({ partial: true, trouble: 'datacenter two: gone' }).state).to.deep.equal({
      kind: 'waiting',
      why: 'datacenter two: gone',
    });
    const whole = of({});
    expect(whole.state).to.include({ kind: 'live' });
    expect(of({ trouble: 'datacenter two: gone' }, whole).state).to.deep.include({
      kind: 'held',
      why: 'datacenter two: gone',
      shrink: null,
    });
  });
});
