import { expect } from 'chai';
import { painter } from '../../cli/paint.js';
import { explainText } from '../../cli/views/explain.js';
import { instanceScore, metricScore } from '../support/scores.js';
import { explanation, instances, journal, noon } from '../support/wire.js';

const plain = painter(false);

describe('ballast explain', () => {
  const zone = process.env['TZ'];
  before(() => {
    process.env['TZ'] = 'UTC';
  });
  after(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });

  it('says why, with every number, then what was decided', () => {
    const view = instances[1] ?? null;
    expect(explainText(explanation, { journal, view }, plain).split('\n')).to.deep.equal([
      'orders-2 is red: score 20 (red is below 50) for 4m12s. Worst level: app.',
      '',
      'METRIC                    VALUE                   GOOD    CRITICAL  PENALTY  PEERS  WEIGHT  POINTS LOST',
      'error_ratio               8.2 %                   0.5 %   5 %          1.00      -     0.1        -11.1',
      'latency_p95 (dependency)  1.21 s                  250 ms  1.5 s        0.77      -     0.1         -8.5',
      'cpu                       61 %                    70 %    95 %         0.00      -     0.1          0.0',
      'heap (dry run)            512 MiB                 1 GiB   2 GiB        0.00      -       1  not counted',
      'memory                    - (never exposed)       70 %    95 %            -      -     0.1  not counted',
      'ceiling                   error_ratio caps at 20                                                  -60.4',
      'app level                 score 20                                                                -80.0',
      '',
      'METRIC        VALUE      GOOD  CRITICAL  PENALTY  PEERS  WEIGHT  POINTS LOST',
      'process_up    up         up    down         0.00      -       1          0.0',
      'system level  score 100                                                  0.0',
      '',
      'memory: not once on the page for 1h; not counted.',
      'Peers: median 96. This looks local to the instance.',
      '',
      '14:04:41  RED        3 of 3 evaluations -> out of rotation',
      '14:04:42  APPLIED    weight 100 -> out, reload 31 ms',
      'Now: out, weight out: RED score 20 for 3 evaluations',
      '  held back by DWELL red and out for 12s of 60s',
      '',
    ]);
  });

  it('adds up in print even where no row does alone', () => {
    const thirds = ['a', 'b', 'c'].map((name) => metricScore({ name, penalty: 1 / 3, pointsLost: 100 / 9 }));
    const levels = [{ level: 'app' as const, weighted: 200 / 3, score: 200 / 3, ceiling: null, coverage: 1 }];
    const text = explainText({ ...explanation, metrics: thirds, instance: instanceScore({ levels }) }, null, plain);
    const points = text.split('\n').flatMap((line) => /^(\w+(?: level)?) .* (-?\d+\.\d)$/.exec(line)?.[2] ?? []);
    expect(points).to.deep.equal(['-11.2', '-11.1', '-11.1', '-33.4']);
    expect(text).to.include('score 66.6');
  });

  it('shows a floor as points given back', () => {
    const metrics = [metricScore({ name: 'files', level: 'system', penalty: 1, pointsLost: 80 })];
    const ceiling = { metric: 'system floor', at: 50, pointsLost: -30 };
    const levels = [{ level: 'system' as const, weighted: 20, score: 50, ceiling, coverage: 1 }];
    const text = explainText({ ...explanation, metrics, instance: instanceScore({ levels }) }, null, plain);
    expect(text)
      .to.match(/^floor +never under 50 +\+30\.0$/m)
      .and.to.match(/^system level +score 50 +-50\.0$/m);
  });

  it('shows the value that is held while an instance is out', () => {
    const metrics = [metricScore({ name: 'errors', source: 'ratio', value: 0.4, status: 'held' })];
    const text = explainText({ ...explanation, metrics, now: noon }, null, plain);
    expect(text).to.match(/^errors +40 % \(held\)/m);
  });

  it('shows what is held because there is no value, and what counts as critical for it', () => {
    const metrics = [
      metricScore({ name: 'lag', value: 0.4, status: 'held', absence: 'missing' }),
      metricScore({ name: 'beat', value: null, status: 'absent', absence: 'empty', penalty: 1, pointsLost: 50 }),
    ];
    const text = explainText({ ...explanation, metrics }, null, plain);
    expect(text).to.match(/^lag +40 % \(held: no page\)/m);
    expect(text).to.match(/^beat +- \(no element\) +70 % +95 % +1\.00 .* -50\.0$/m);
  });

  it('has the others beside each metric only where there are others', () => {
    const alone = explainText({ ...explanation, peers: { ...explanation.peers, count: 0 } }, null, plain);
    expect(alone).not.to.include('PEERS');
    const metrics = [metricScore({ penalty: 0.5, peersMedianPenalty: 0.25 })];
    expect(explainText({ ...explanation, metrics }, null, plain)).to.match(/^cpu .* 0\.50 +0\.25 +1 /m);
  });
});
