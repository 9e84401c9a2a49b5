import { expect } from 'chai';
import { BallastError, messageOf, toError } from '../../lib/errors.js';

describe('errors', () => {
  it('carry code, hint, status and cause', () => {
    const cause = new Error('deep');
    const error = new BallastError('DISK_FULL', 'no space', { hint: 'make some', status: 507, cause });
    expect(error).to.include({ code: 'DISK_FULL', hint: 'make some', status: 507, cause, name: 'BallastError' });
    expect(new BallastError('X', 'y')).to.include({ hint: null, status: null });
    expect('cause' in new BallastError('X', 'y')).to.equal(false);
  });

  const thrown: [string, unknown, string][] = [
    ['an error', new Error('boom'), 'boom'],
    ['a string', 'boom', 'boom'],
    ['nothing', undefined, 'undefined'],
    ['an error with only a code', Object.assign(new Error(''), { code: 'ECONNRESET' }), 'ECONNRESET'],
    ['an error with nothing at all', new TypeError(''), 'TypeError'],
    ['several at once', new AggregateError([new Error('v4'), new Error('v6')], ''), 'v4; v6'],
  ];
  for (const [name, value, message] of thrown)
    it(`have a sentence for ${name}`, () => {
      expect(messageOf(value)).to.equal(message);
      expect(toError(value)).to.be.instanceOf(Error);
    });
});
