import { expect } from 'chai';
import type { HealthEntry } from '../../../lib/consul/catalog.js';
import { DatacenterLists } from '../../../lib/consul/datacenters.js';
import { uniqueIds } from '../../../lib/consul/ids.js';
import { changedBetween, parseBad, parseServices } from '../../../lib/consul/services.js';
import type { HealthEvent } from '../../../lib/consul/types.js';

const entry = (serviceId: string, datacenter = ''): HealthEntry => ({
  serviceId,
  service: 'orders',
  node: { name: 'n1', address: '10.0.0.1' },
  datacenter,
  address: '10.0.0.1',
  port: 80,
  tags: [],
  meta: {},
  status: 'passing',
  why: '',
  checks: [],
  modifyIndex: 1,
});
const list = (at: number, ...ids: string[]): HealthEvent => ({
  kind: 'value',
  value: ids.map((id) => entry(id)),
  dropped: [],
  index: at,
  at,
});
const failure = (at: number, why = 'gone'): HealthEvent => ({ kind: 'error', why, at });
const told = (event: HealthEvent | null): unknown =>
  event?.kind === 'value'
    ? [
        event.value.map(({ serviceId, datacenter }) => `${serviceId}@${datacenter}`).join(),
        event.trouble,
        event.partial,
      ]
    : (event?.why ?? null);

describe('the lists of several datacenters', () => {
  const folded = (...events: readonly (readonly [string, HealthEvent])[]): unknown => {
    const lists = new DatacenterLists(['one', 'two']);
    return events.map(([name, event]) => told(lists.take(name, event)));
  };

  it('are told once each has answered or failed, and never before', () => {
    expect(folded(['one', list(1, 'a')], ['two', list(2, 'b')], ['one', list(3)])).to.deep.equal([
      null,
      ['a@one,b@two', null, false],
      ['b@two', null, false],
    ]);
  });

  it('keep the last list of the one that fails, and say which and why', () => {
    expect(
      folded(
        ['one', list(1, 'a')],
        ['two', list(2, 'b')],
        ['two', failure(3)],
        ['one', list(4, 'c')],
        ['two', list(5)],
      ),
    ).to.deep.equal([
      null,
      ['a@one,b@two', null, false],
      ['a@one,b@two', 'datacenter two: gone', false],
      ['c@one,b@two', 'datacenter two: gone', false],
      ['c@one', null, false],
    ]);
  });

  it('are partial where one never answered, and an error where none did', () => {
    expect(folded(['two', failure(1)], ['one', failure(2, 'away')], ['one', list(3, 'a')])).to.deep.equal([
      'datacenter two: gone',
      'datacenter one: away',
      ['a@one', 'datacenter two: gone', true],
    ]);
  });
});

describe('ids of instances', () => {
  const at = (serviceId: string, name: string, datacenter: string) => ({ serviceId, node: { name }, datacenter });

  for (const [what, entries, spread, ids] of [
    ['are those of Consul', [at('a', 'n1', 'x'), at('b', 'n1', 'x')], false, ['a', 'b']],
    [
      'name the node where two have the same',
      [at('a', 'n1', 'x'), at('a', 'n2', 'x'), at('b', 'n1', 'x')],
      false,
      ['a@n1', 'a@n2', 'b'],
    ],
    ['name the datacenter where there may be several', [at('a', 'n1', 'x')], true, ['a@x']],
    [
      'stay apart where nodes are called alike',
      [at('a', 'n1', 'x'), at('a', 'n1', 'y'), at('a', 'n2', 'y')],
      true,
      ['a@x', 'a@n1@y', 'a@n2@y'],
    ],
  ] as const)
    it(what, () => expect(uniqueIds(entries, spread)).to.deep.equal(ids));
});

describe('what is said of all services', () => {
  it('is their names and tags, sorted', () => {
    expect(parseServices({ web: ['b', 'a'], api: null, consul: [] })).to.deep.equal([
      { name: 'api', tags: [] },
      { name: 'consul', tags: [] },
      { name: 'web', tags: ['a', 'b'] },
    ]);
    expect(() => parseServices([{ a: 1 }])).to.throw();
  });

  it('tells whose checks changed, in either direction', () => {
    const check = (Node: string, ServiceName: string, CheckID: string) => ({
      Node,
      ServiceName,
      ServiceID: ServiceName,
      CheckID,
      Output: 'x',
    });
    const before = parseBad([check('n1', 'web', 'c'), check('n1', '', 'serf')]);
    const after = parseBad([{ ...check('n1', 'web', 'c'), Output: 'y' }, check('n2', 'api', 'c')]);
    expect(changedBetween(before, before)).to.deep.equal([]);
    expect(changedBetween(before, after).map(({ node, service }) => `${node} ${service}`)).to.deep.equal([
      'n1 ',
      'n2 api',
    ]);
    expect(() => parseBad({})).to.throw();
  });
});
