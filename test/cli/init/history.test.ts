import { expect } from 'chai';
import { policyOf } from '../../../cli/init/detect.js';
import { remember, withMemory } from '../../../cli/init/history.js';
import { fromUrls } from '../../../cli/init/instances.js';
import type { Explanation, HistoryResponse } from '../../../engine/client/index.js';
import { queryText } from '../../../engine/words.js';
import { metricOf } from '../../support/observations.js';
import { metricScore } from '../../support/scores.js';
import { explanation } from '../../support/wire.js';

const minute = 60_000;
const now = Date.UTC(2030, 0, 1);
const policy = policyOf('shop', { presets: ['node'], scrape: null });
const { instances } = fromUrls('shop', ['http://10.0.0.1:1/metrics', 'http://10.0.0.2:1/metrics']);

type Point = HistoryResponse['points'][number];
const point = (i: number, red: number, values: Readonly<Record<string, number>>): Point => ({
  at: now - i * minute,
  evaluations: 12,
  zone: red > 0 ? 'red' : 'green',
  zones: { green: 1 - red, yellow: 0, red, unknown: 0 },
  score: null,
  smoothed: null,
  metrics: Object.fromEntries(
    Object.entries(values).map(([name, max]) => [name, { value: { min: 0, mean: max / 2, max }, penalty: null }]),
  ),
});
const history = (points: readonly Point[]): HistoryResponse => ({
  ...{ service: 'shop', instance: 'a', start: now - 10 * minute, end: now, stepMs: minute, parts: [] },
  span: { first: now - 10 * minute, last: now },
  points: [...points],
});
const knowing = (...names: string[]): Explanation => ({
  ...explanation,
  metrics: names.map((name) => metricScore({ name, query: queryText(metricOf(policy, name)) })),
});

describe("the engine's history for a first file", () => {
  it('has the worst of each step in which an instance was green', async () => {
    const asked: unknown[] = [];
    const api = {
      explain: () => Promise.resolve(knowing('response_time', 'cpu')),
      history: (_: unknown, query: unknown) => {
        asked.push(query);
        return Promise.resolve(
          history([
            point(3, 0, { response_time: 0.1 }),
            point(2, 0.5, { response_time: 9 }),
            point(1, 0, { cpu: 0.2 }),
          ]),
        );
      },
    };
    const memory = await remember(api, policy, instances, 1_000 * minute, now);
    expect(memory).deep.include({ spanMs: 10 * minute, leftOut: 2 });
    expect([...(memory?.values ?? [])]).deep.equal([
      ['response_time', [0.1, 0.1]],
      ['cpu', [0.2, 0.2]],
    ]);
    expect(asked[0]).deep.equal({ start: now - 1_000 * minute, end: now, step: '2m', metrics: 'response_time,cpu' });
  });

  it('speaks only of what is measured by the same query', async () => {
    const other = { ...explanation, metrics: [metricScore({ name: 'cpu', query: 'something_else' })] };
    const api = {
      explain: () => Promise.resolve(other),
      history: () => Promise.resolve(history([point(1, 0, { cpu: 0.2 })])),
    };
    expect(await remember(api, policy, instances, minute, now)).equal(null);
  });

  it('is none where no engine answers', async () => {
    const gone = () => Promise.reject(new Error('connection refused'));
    expect(await remember({ explain: gone, history: gone }, policy, instances, minute, now)).equal(null);
  });

  it('is added to what was seen', () => {
    const metric = metricOf(policy, 'cpu');
    const seen = [{ metric, values: [0.1], instances: 1, neverExposed: false, why: '' }];
    const memory = { values: new Map([['cpu', [0.2, 0.3]]]), instances: new Map([['cpu', 2]]), spanMs: 1, leftOut: 0 };
    expect(withMemory(seen, memory)).deep.equal([{ ...seen[0], values: [0.1, 0.2, 0.3], instances: 2 }]);
    expect(withMemory(seen, null)).deep.equal(seen);
  });
});
