import { expect } from 'chai';
import fc from 'fast-check';
import type { InstanceId, ServiceName } from '../../../config/index.js';
import { parseMarks } from '../../../engine/registry/index.js';

const page = (service: string, value: unknown): { key: string; value: string } => ({
  key: `ballast/plan/${service}`,
  value: typeof value === 'string' ? value : JSON.stringify(value),
});
const parse = (...pages: { key: string; value: string }[]): ReturnType<typeof parseMarks> =>
  parseMarks('ballast/plan/', pages);
const since = '2030-01-01T00:00:00.000Z';

describe('rotation marks', () => {
  it('reads the marks of every service, whatever else stands on the page', () => {
    const { marks, problems } = parse(
      page('orders', {
        revision: 'x',
        rotation: { 'orders-1': { state: 'out', since }, 'a@n1': { state: 'in', since } },
      }),
      page('users', { rotation: {} }),
    );
    expect(problems).to.deep.equal([]);
    expect(marks.get('orders' as ServiceName)?.get('orders-1' as InstanceId)).to.deep.equal({
      state: 'out',
      since: Date.parse(since),
    });
    expect(marks.get('orders' as ServiceName)?.size).to.equal(2);
    expect(marks.get('users' as ServiceName)?.size).to.equal(0);
  });

  for (const [name, value] of [
    ['no JSON', '{'],
    ['another shape', { rotation: [] }],
    ['an unknown state', { rotation: { a: { state: 'gone', since } } }],
    ['a time that is none', { rotation: { a: { state: 'out', since: 'yesterday' } } }],
    ['nothing', ''],
  ] as const)
    it(`ignores and reports a page with ${name}, and keeps the others`, () => {
      const { marks, problems } = parse(
        page('orders', value),
        page('users', { rotation: { u: { state: 'in', since } } }),
      );
      expect([...marks.keys()]).to.deep.equal(['users']);
      expect(problems).to.have.length(1);
      expect(problems[0]).to.match(/^Consul key ballast\/plan\/orders holds no rotation marks: /);
    });

  it('ignores keys that are no service and ids that are no instance', () => {
    const { marks } = parse(
      page('a/b', { rotation: {} }),
      page('', { rotation: {} }),
      { key: 'elsewhere/orders', value: '{}' },
      page(
        'orders',
        `{"rotation": {"__proto__": {"state": "out", "since": "${since}"}, "x;y": {"state": "out", "since": "${since}"}}}`,
      ),
    );
    expect([...marks].map(([service, { size }]) => [service, size])).to.deep.equal([['orders', 0]]);
  });

  it('throws for nothing', () => {
    fc.assert(fc.property(fc.string(), fc.string(), (service, value) => void parse(page(service, value))));
    fc.assert(fc.property(fc.json(), (value) => void parse(page('orders', value))));
  });
});
