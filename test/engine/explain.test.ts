import { expect } from 'chai';
import type { InstanceId } from '../../config/index.js';
import { explanationSchema, type Explanation } from '../../engine/client/index.js';
import { explain } from '../../engine/explain.js';
import { emptyMemory, type InstanceMemory } from '../../engine/memory.js';
import { instanceNamed, lost, type Values } from '../support/observations.js';
import { policyFor } from '../support/policy.js';
import { Timeline } from '../support/timeline.js';

const policy = policyFor('preset: [node, node-exporter]\nscrape: {interval: 1s}');
const id = (name: string): InstanceId => name as InstanceId;

/** Explains the first of several instances, each long at its values. */
const among = (...all: readonly Values[]): Explanation => {
  const instances = new Map<InstanceId, InstanceMemory>();
  let now = 0;
  all.forEach((values, i) => {
    const timeline = new Timeline(policy, 0, instanceNamed(`i${i}`));
    timeline.repeat(6, values);
    if (timeline.memory) instances.set(id(`i${i}`), timeline.memory);
    now = timeline.now;
  });
  const explanation = explain({ instances }, id('i0'), policy, now);
  if (explanation === null) throw new Error('not evaluated');
  return explanation;
};

const bad: Values = { error_ratio: 0.082, response_time: 0.5 };

describe('explain', () => {
  it('says zone, score, limit, since when, and the worst level', () => {
    const timeline = new Timeline(policy);
    timeline.repeat(252 + 3, { error_ratio: 0.5 });
    expect(timeline.explain().sentence).equal(
      'checkout-1 is red: score 20 (red is below 50) for 4m12s. Worst level: app.',
    );
  });

  it('of a green one has nothing more to say', () => {
    const timeline = new Timeline(policy);
    timeline.repeat(3);
    expect(timeline.explain().sentence).equal('checkout-1 is green: score 100 (green is from 80) for 1s.');
  });

  it('says how far the count is while the zone has not followed', () => {
    const timeline = new Timeline(policy);
    timeline.repeat(3);
    timeline.next({ error_ratio: 0.5 });
    expect(timeline.explain().sentence).equal(
      'checkout-1 is green for 2s: score 20 (red is below 50); 1 of 3 evaluations in a row; ' +
        'error_ratio 50 % costs 9.1 points and caps app at 20. Worst level: app.',
    );
    timeline.repeat(2, { error_ratio: 0.5 });
    expect(timeline.next().why).equal('score 100 (green is from 80); 1 of 2 evaluations in a row');
    expect(timeline.next({ cpu: 2 }).why).match(/^score 100 /);
  });

  it('says that it is not decided yet', () => {
    expect(new Timeline(policy).next().why).equal('score 100 (green is from 80); not decided yet: 1 of 2 evaluations');
  });

  it('tells a local fault from a shared one', () => {
    expect(among(bad, {}, {}).peers).deep.equal({
      count: 2,
      medianScore: 100,
      sentence: 'Peers: median 100. This looks local to the instance.',
    });
    expect(among(bad, bad, bad).peers.sentence).match(/They lose points on error_ratio too: this looks shared\.$/);
    expect(among(bad).peers).deep.equal({
      count: 0,
      medianScore: null,
      sentence: 'There are no peers to compare with.',
    });
    expect(among({}, bad).peers.sentence).match(/^Peers: median [\d.]+\.$/);
  });

  it('has a table whose rows add up', () => {
    const { instance, metrics } = among(bad, {});
    for (const { level, score, ceiling } of instance.levels) {
      const lost = metrics
        .filter((metric) => metric.level === level)
        .reduce((sum, { pointsLost }) => sum + pointsLost, 0);
      expect(100 - lost - (ceiling?.pointsLost ?? 0)).equal(score);
    }
    expect(metrics.find(({ name }) => name === 'error_ratio')).deep.include({
      value: 0.082,
      penalty: 0.8,
      weight: 0.1,
      cap: 20,
      peersMedianPenalty: 0,
      traffic: true,
    });
  });

  it('can be sent and read back', () => {
    const explanation = among(bad, {});
    expect(explanationSchema.parse(JSON.parse(JSON.stringify(explanationSchema.encode(explanation))))).deep.equal(
      explanation,
    );
  });

  it('has what was asked on one line', () => {
    const queries = new Map(among({}).metrics.map(({ name, query }) => [name, query]));
    expect(queries.get('memory')).not.contain('\n');
    expect(queries.get('error_ratio')).match(/^http_request.* \/ http_request/);
    expect(queries.get('process_up')).equal('the engine reaches the process');
  });

  it('never rounds a score up over a limit', () => {
    const timeline = new Timeline(policy);
    timeline.repeat(4, { error_ratio: 0.01 + 0.09 * (50.05 / 80) });
    expect(timeline.explain().sentence).match(/^checkout-1 is red: score 49\.9 /);
  });

  it('knows nothing of an instance that was never evaluated', () => {
    expect(explain(emptyMemory, id('nobody'), policy, 0)).equal(null);
  });

  it('says what a lost scrape is', () => {
    const timeline = new Timeline(policy);
    timeline.repeat(2);
    expect(timeline.next({}, { up: lost(0, 2) }).up.why).equal(
      '2 of 3 scrapes in a row were lost: no answer within 2s',
    );
  });
});
