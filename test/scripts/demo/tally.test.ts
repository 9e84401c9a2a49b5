import { expect } from 'chai';
import fc from 'fast-check';
import { methodOf } from '../../../scripts/demo/load/load.js';
import { quantile, summarise, type Request, type Seen } from '../../../scripts/demo/load/tally.js';

const answer = (status: number): Seen => ({ kind: 'answer', status });
const request = (method: 'GET' | 'POST', seen: Seen, ms = 10): Request => ({ method, seen, ms });

describe('what clients saw', () => {
  it('counts an answer of 500 and more, a broken connection and a timeout as errors, and nothing else', () => {
    const summary = summarise([
      request('GET', answer(200)),
      request('GET', answer(404)),
      request('GET', answer(502)),
      request('POST', answer(500)),
      request('POST', { kind: 'timeout' }, 10_000),
      request('GET', { kind: 'broken', why: 'ECONNRESET', reused: true }),
      request('GET', { kind: 'broken', why: 'ECONNREFUSED', reused: false }),
    ]);
    expect(summary).to.deep.include({ requests: 7, errors: 5, errorsGet: 3, errorsPost: 2, errorsReused: 1 });
    expect(summary.kinds).to.deep.equal({ '502': 1, '500': 1, timeout: 1, ECONNRESET: 1, ECONNREFUSED: 1 });
  });

  it('has no latency without requests', () => {
    expect(summarise([])).to.deep.include({ requests: 0, errors: 0, p50: null, p99: null });
  });

  it('takes quantiles by nearest rank', () => {
    const list = Array.from({ length: 100 }, (_, nth) => nth + 1);
    expect([0.5, 0.99, 1].map((share) => quantile(list, share))).to.deep.equal([50, 99, 100]);
    expect(quantile([7], 0.01)).to.equal(7);
  });

  it('spreads the share of GETs evenly, whatever it is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 1, max: 100 }), (tenths, tens) => {
        const sent = Array.from({ length: tens * 10 }, (_, nth) => methodOf(nth, tenths / 10));
        expect(sent.filter((method) => method === 'GET').length).to.be.closeTo(tens * tenths, 1);
      }),
      { numRuns: 100 },
    );
  });
});
