import { expect } from 'chai';
import { canonicalScope } from '../../../scheduler/api/pause.js';

describe('scope of a pause', () => {
  const cases: [string, string | null][] = [
    ['all', 'all'],
    ['orders', 'service/orders'],
    ['orders/orders-1', 'instance/orders/orders-1'],
    ['service/orders', 'service/orders'],
    ['instance/orders/orders-1@node-2', 'instance/orders/orders-1@node-2'],
    ['', null],
    ['orders/', null],
    ['a/b/c', null],
    ['../leader', null],
    ['orders/a b', null],
    ['orders\n', null],
  ];
  for (const [text, scope] of cases)
    it(`${JSON.stringify(text)} is ${scope ?? 'refused'}`, () => {
      expect(canonicalScope(text)).to.equal(scope);
    });
});
