import { expect } from 'chai';
import { findInstance, within } from '../../cli/names.js';
import { exitCodeOf } from '../../cli/exit.js';
import { toError } from '../../lib/errors.js';

const known = [
  { service: 'orders', instance: 'orders-1' },
  { service: 'orders', instance: 'same' },
  { service: 'users', instance: 'same' },
];
const failure = (name: string): { message: string; code: number } => {
  try {
    findInstance(name, known);
  } catch (error) {
    return { message: toError(error).message, code: exitCodeOf(error) };
  }
  throw new Error('it was found');
};

describe('the name of an instance', () => {
  it('is enough alone while one service only has it', () => {
    expect(findInstance('orders-1', known)).to.deep.equal(known[0]);
    expect(findInstance('users/same', known)).to.deep.equal(known[2]);
  });

  it('needs its service where two have it', () => {
    expect(failure('same')).to.deep.equal({ message: 'same is an instance of 2 services', code: 64 });
  });

  it('is told when there is none', () => {
    expect(failure('orders-7')).to.deep.equal({ message: 'there is no instance "orders-7"', code: 1 });
  });

  it('scopes are all, a service, or one instance', () => {
    const one = { service: 'orders', instance: 'same' };
    expect(
      [undefined, 'all', 'orders', 'orders/same', 'users', 'same'].map((scope) => within(scope, one)),
    ).to.deep.equal([true, true, true, true, false, false]);
  });
});
