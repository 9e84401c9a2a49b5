import { expect } from 'chai';
import type { InstanceId } from '../../../config/index.js';
import { Board } from '../../../engine/api/board.js';
import { materialOf } from '../../../engine/api/material.js';
import { scoreLines } from '../../../engine/api/score-lines.js';
import { checkPage } from '../../../engine/scrape/check.js';
import { systemClock } from '../../../lib/clock.js';
import { instanceScore } from '../../support/scores.js';

const boardOf = (instances: readonly Parameters<typeof instanceScore>[0][]): Board => {
  const board = new Board([{ service: 'orders', owner: null }], systemClock);
  board.publish(
    'orders',
    instances.map((change) => instanceScore({ service: 'orders', ...change })),
  );
  return board;
};

const samplesOf = async (board: Board) => {
  const page = checkPage(Buffer.from(await scoreLines(board)), 'text/plain; version=0.0.4');
  if (!page.ok) throw new Error(page.problems.join('\n'));
  return page.samples;
};

describe('scores as metrics', () => {
  it('are a score, a smoothed one and four zones of each instance; none where there is no score', async () => {
    const board = boardOf([
      { instance: 'orders-1', score: 91.25, smoothed: 88, zone: 'green' },
      { instance: 'orders-2', score: null, smoothed: null, zone: 'unknown' },
    ]);
    const told = (await samplesOf(board)).map(
      ({ name, labels, value }) => `${name} ${labels['instance']} ${labels['zone'] ?? '-'} ${value}`,
    );
    const zones = ['green', 'yellow', 'red', 'unknown'];
    expect([...told].sort()).to.deep.equal(
      [
        'ballast_score orders-1 - 91.25',
        'ballast_score_smoothed orders-1 - 88',
        ...zones.map((zone) => `ballast_zone orders-1 ${zone} ${zone === 'green' ? 1 : 0}`),
        ...zones.map((zone) => `ballast_zone orders-2 ${zone} ${zone === 'unknown' ? 1 : 0}`),
      ].sort(),
    );
  });

  it('say a name from Consul as it is, whatever signs are in it', async () => {
    const hostile = 'a"b\\c\nd} 1\nballast_score 7';
    const samples = await samplesOf(boardOf([{ instance: hostile }]));
    expect(samples).to.have.length(6);
    expect(new Set(samples.map(({ labels }) => labels['instance']))).to.deep.equal(new Set([hostile]));
  });

  it('let others come first between thousands, and miss nobody', async () => {
    const count = 2_500;
    const board = boardOf(Array.from({ length: count }, (_, i) => ({ instance: `orders-${i}` as InstanceId })));
    let turns = 0;
    let isDone = false;
    const others = (): void => {
      turns += 1;
      if (!isDone) setImmediate(others);
    };
    setImmediate(others);
    const samples = await samplesOf(board);
    isDone = true;
    expect(turns).to.be.at.least(7);
    expect(new Set(samples.map(({ labels }) => labels['instance'])).size).to.equal(count);
    expect(samples).to.have.length(6 * count);
  });

  it('leave out who leaves in a pause, of whom nothing is kept any more', async () => {
    const board = boardOf([]);
    const gone = new Set<string>();
    const all = Array.from({ length: 1_500 }, (_, i) => {
      const whole = instanceScore({ instance: `orders-${i}` as InstanceId });
      const kept = (): typeof whole => (gone.has(whole.instance) ? expect.fail(`${whole.instance} has left`) : whole);
      return {
        ...materialOf(whole),
        whole,
        consulWhy: '',
        lend: () => ({ whole }),
        get instance() {
          return kept().instance;
        },
        get score() {
          return kept().score;
        },
      };
    });
    board.show('orders', all);
    setImmediate(() => {
      for (let i = 900; i < 1_500; i++) gone.add(`orders-${i}`);
      board.retain('orders', new Set(all.slice(0, 900).map(({ whole }) => whole.instance)));
    });
    const samples = await samplesOf(board);
    const zones = samples.filter(({ name }) => name === 'ballast_zone');
    expect(new Set(zones.map(({ labels }) => labels['instance'])).size).to.equal(900);
  });

  it('tell whoever leaves and comes back in a pause once', async () => {
    const all = Array.from({ length: 1_500 }, (_, i) => ({ instance: `orders-${i}` as InstanceId }));
    const board = boardOf(all);
    setImmediate(() => {
      board.retain('orders', new Set(all.slice(600).map(({ instance }) => instance)));
      board.publish('orders', all.slice(0, 600).map(instanceScore));
    });
    expect(await samplesOf(board)).to.have.length(6 * all.length);
  });

  it('are one empty family each where nobody is', async () => {
    expect(await samplesOf(boardOf([]))).to.deep.equal([]);
  });
});
