import { expect } from 'chai';
import fc from 'fast-check';
import type { InstanceId, PrometheusPolicy, ServiceName } from '../../../config/index.js';
import type { ScrapeOutcome, Target, TargetKey } from '../../../engine/model.js';
import { readAnswer } from '../../../engine/prometheus/index.js';
import { policyFor } from '../../support/policy.js';

const server = policyFor('prometheus: {url: "http://p:9090"}').prometheus as PrometheusPolicy;
const askedAt = Date.UTC(2030, 0, 1);

const target: Target = {
  key: 'prometheus q' as TargetKey,
  url: 'http://p:9090/api/v1/query',
  level: 'prometheus',
  question: { server, promql: 'q' },
  intervalMs: 15_000,
  connectTimeoutMs: 1_000,
  timeoutMs: 1_000,
  bodyLimitBytes: 1_000_000,
  mapping: {
    kind: 'label',
    label: 'instance',
    values: new Map(['a:1', 'b:1'].map((value) => [value, [{ service: 's' as ServiceName, id: value as InstanceId }]])),
  },
};

const read = (body: unknown, status = 200): ScrapeOutcome =>
  readAnswer(status, typeof body === 'string' ? body : JSON.stringify(body), { target, askedAt });

const vector = (...elements: readonly (readonly [Record<string, string>, string, number?])[]) => ({
  status: 'success',
  data: {
    resultType: 'vector',
    result: elements.map(([metric, value, at = askedAt]) => ({ metric, value: [at / 1000, value] })),
  },
});

const both = [
  [{ __name__: 'q', instance: 'a:1' }, '1.5'],
  [{ instance: 'b:1', job: 'x' }, 'NaN'],
] as const;

describe('the answer of a Prometheus server', () => {
  it('becomes a sample per element, without the name, at the time of the question', () => {
    expect(read(vector(...both))).to.deep.equal({
      kind: 'page',
      samples: [
        { name: 'prometheus_answer', labels: { instance: 'a:1' }, value: 1.5, timestampMs: null },
        { name: 'prometheus_answer', labels: { instance: 'b:1', job: 'x' }, value: NaN, timestampMs: null },
      ],
      warnings: [],
    });
  });

  it('is as old as it says where it is older than the question', () => {
    const outcome = read(vector([{ instance: 'a:1' }, '1', askedAt - 40_000], [{ instance: 'b:1' }, '2']));
    expect(outcome.kind === 'page' && outcome.samples.map(({ timestampMs }) => timestampMs)).to.deep.equal([
      askedAt - 40_000,
      null,
    ]);
    expect(outcome).to.have.deep.property('warnings', [
      'the answer is 40 s old: a cache between, or a clock that is behind',
    ]);
  });

  it('is never from the future, whatever the clock there says', () => {
    const outcome = read(vector([{ instance: 'a:1' }, '1', askedAt + 90_000], [{ instance: 'b:1' }, '2']));
    expect(outcome.kind === 'page' && outcome.samples[0]?.timestampMs).to.equal(null);
  });

  for (const [elements, warning] of [
    [[[{ instance: 'a:1' }, '1']], '1 of 2 values of instance are not in the answer ("b:1"); it has 1 elements'],
    [
      [[{ instance: 'http://a:1/' }, '1']],
      '2 of 2 values of instance are not in the answer ("a:1", "b:1"); it names "http://a:1/" instead',
    ],
    [
      [[{ pod: 'a' }, '1']],
      '2 of 2 values of instance are not in the answer ("a:1", "b:1"); its elements have no label "instance"',
    ],
    [[], '2 of 2 values of instance are not in the answer ("a:1", "b:1"); it has 0 elements'],
  ] as const)
    it(`says whom it does not name: ${JSON.stringify(elements)}`, () => {
      expect(read(vector(...elements))).to.have.deep.property('warnings', [warning]);
    });

  for (const [body, status, outcome] of [
    [
      { status: 'success', data: { resultType: 'scalar', result: [1, '1'] } },
      200,
      /gives a scalar, in which nobody is named/,
    ],
    [{ status: 'success', data: { resultType: 'matrix', result: [] } }, 200, /gives a matrix/],
    [{ status: 'success', data: { resultType: 'vector', result: 'x' } }, 200, /its vector is no list/],
    [
      { status: 'error', errorType: 'bad_data', error: 'parse error: x' },
      400,
      /^status 400: bad_data: parse error: x$/,
    ],
    [{ status: 'error', errorType: 'bad_data', error: 'x' }, 200, /^status 200: bad_data: x$/],
    ['<html>Welcome</html>', 200, /not that of a Prometheus server/],
    ['{"status":"success"}', 200, /not that of a Prometheus server/],
    ['Unauthorized', 401, /^status 401: Unauthorized \(is its token or password right\?\)$/],
    ['', 404, /^status 404$/],
  ] as const)
    it(`is unreadable when it is ${JSON.stringify(body)}, ${status}`, () => {
      expect(read(body, status)).to.include({ kind: 'unreadable' });
      expect(read(body, status)).to.have.property('why').that.matches(outcome);
    });

  for (const status of [500, 502, 503, 504, 429])
    it(`of status ${status} passes by: what was known stays for a while`, () => {
      const busy = { status: 'error', errorType: 'unavailable', error: 'Service Unavailable' };
      expect(read(busy, status)).to.deep.equal({
        kind: 'lost',
        why: `status ${status}: unavailable: Service Unavailable`,
      });
    });

  it('leaves out elements that are none, and says so', () => {
    const body = vector(...both);
    const odd = [
      { metric: { instance: 'c' }, histogram: [1, {}] },
      { metric: { instance: 'd' }, value: [1, 'many'] },
      { metric: { instance: 'e' }, value: [1, ''] },
      { metric: { instance: 5 }, value: [1, '1'] },
      null,
    ];
    const outcome = read({
      ...body,
      data: { ...body.data, result: [...body.data.result, ...odd] },
      warnings: ['slow\nstore'],
    });
    expect(outcome.kind === 'page' && outcome.samples.length).to.equal(2);
    expect(outcome).to.have.deep.property('warnings', [
      'an element is a native histogram, which is no number',
      'an element has the value "many", which is no number',
      'an element has the value "", which is no number',
      'an element is none',
      'an element is none',
      'slow store',
    ]);
  });

  it('keeps infinities, in which a metric sees no number', () => {
    const outcome = read(vector([{ instance: 'a:1' }, '+Inf'], [{ instance: 'b:1' }, '-Inf']));
    expect(outcome.kind === 'page' && outcome.samples.map(({ value }) => value)).to.deep.equal([Infinity, -Infinity]);
  });

  it('never throws, and never makes a sample of what has no number', () => {
    const odd = fc.oneof(
      fc.string(),
      fc.json(),
      fc.jsonValue().map((result) => JSON.stringify({ status: 'success', data: { resultType: 'vector', result } })),
    );
    fc.assert(
      fc.property(odd, fc.integer({ min: 100, max: 599 }), (body, status) => {
        const outcome = read(body, status);
        if (outcome.kind === 'page') expect(status).to.equal(200);
        else expect(outcome.kind).to.be.oneOf(['lost', 'unreadable']);
      }),
    );
  });
});
