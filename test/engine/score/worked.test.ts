/** The numbers of docs/scores.md, by the code that runs. */
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServicePolicy } from '../../../config/index.js';
import { evidenceOf, wilsonLowerBound } from '../../../engine/derive/evidence.js';
import { compileExpression } from '../../../engine/score/expression.js';
import { smooth, unsmoothed } from '../../../engine/score/index.js';
import { packageRoot } from '../../../lib/paths.js';
import { policyFor } from '../../support/policy.js';
import { Timeline } from '../../support/timeline.js';

const page = readFileSync(join(packageRoot, 'docs', 'scores.md'), 'utf8');
const [example = ''] = /^```yaml\n([\s\S]*?)^```/m.exec(page)?.slice(1) ?? [];
const values = { latency: 0.7, pool: 0.85, logs: 0, disk: 0.8 };
const explained = (more = '') => {
  const timeline = new Timeline(policyFor(example + more));
  timeline.repeat(4, values);
  return timeline.explain();
};
const near = (found: number | null | undefined, expected: number): void =>
  void expect(found ?? Number.NaN).closeTo(expected, 1e-5);

describe('the worked example', () => {
  const { instance, metrics } = explained();
  const level = (name: string) => instance.levels.find((each) => each.level === name);

  it('has the penalties, points and ceilings that the page shows', () => {
    const rows = [
      ...page.matchAll(/^\| (latency|pool|logs) +\| [^|]+\| ([\d.]+) +\| ([\d.]+) +\| ([\d.]+) +\| *([\d.]*)/gm),
    ];
    expect(rows).length(3);
    for (const [, name, penalty, weight, points, ceiling] of rows) {
      const metric = metrics.find((each) => each.name === name);
      near(metric?.penalty, Number(penalty));
      near(metric?.weight, Number(weight));
      near(metric?.pointsLost, Number(points));
      if (ceiling) near(100 - (metric?.penalty ?? 0) * (100 - (metric?.cap ?? 100)), Number(ceiling));
    }
  });

  it('has the level scores and the score that the page shows', () => {
    near(level('app')?.weighted, 72.5);
    near(level('app')?.score, 67);
    near(level('app')?.ceiling?.pointsLost, 5.5);
    expect(level('app')?.ceiling?.metric).equal('latency');
    near(level('system')?.weighted, 80);
    near(level('system')?.score, 72);
    near(instance.score, 67);
    expect(instance.zone).equal('yellow');
    expect(page).include('**67**');
  });

  it('has the mean that the page shows', () => {
    near(explained('scoring: { combine: mean, level_weights: { app: 3, system: 1 } }').instance.score, 68.25);
    expect(page).include('68.25');
  });

  it('has the share of the weight that the page shows', () => {
    const { goodScore, criticalScore }: ServicePolicy['scoring']['zones'] = policyFor(example).scoring.zones;
    expect(Math.round((100 * (67 - criticalScore)) / (goodScore - criticalScore))).equal(57);
  });
});

describe('the other numbers of the page', () => {
  it('evidence', () => {
    const rows = [...page.matchAll(/^ {2}\| (\d+) of (\d+) +\| [\d.]+ % +\| ([\d.]+) %/gm)];
    expect(rows).length(6);
    for (const [, bad, total, counts] of rows)
      expect(Math.round(1_000 * evidenceOf(Number(bad), Number(total))) / 10, `${bad} of ${total}`).equal(
        Number(counts),
      );
    expect(wilsonLowerBound(1, 10)).above(0);
  });

  it('curves', () => {
    near(compileExpression('p^2').evaluate({ cur: 0, good: 0, critical: 1, p: 0.6 }), 0.36);
    const timeline = new Timeline(
      policyFor('metrics: {m: {stall: {in_flight: a, completed: b}, curve: {decay: {half_life: 5m}}}}'),
    );
    const minutes = 60_000;
    const penalties = [1, 0, 0].map((m) => {
      timeline.next({ m }, { afterMs: 5 * minutes });
      return timeline.explain().metrics[0]?.penalty;
    });
    expect(penalties).deep.equal([1, 0.5, 0.25]);
  });

  it('smoothing', () => {
    const lives = policyFor(example).scoring;
    let state = smooth(smooth(unsmoothed, 100, lives, 0), 20, lives, 0);
    state = smooth(state, 20, lives, 2_000);
    near(state.value, 60);
    near(smooth(state, 20, lives, 4_000).value, 40);
  });

  it('the mean that hides one of ten', () => {
    const metrics = Array.from({ length: 10 }, (_, i) => `m${i}: {query: m${i}, good: 0, critical: 1}`).join(', ');
    const timeline = new Timeline(policyFor(`metrics: {${metrics}}`));
    expect(timeline.repeat(4, { m0: 1 })).include({ score: 90, zone: 'green' });
  });
});
