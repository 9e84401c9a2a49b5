import { expect } from 'chai';
import fc from 'fast-check';
import { z } from 'zod';
import { Board } from '../../../engine/api/board.js';
import { boardBytes, scoreText, serviceBytes } from '../../../engine/api/encode.js';
import {
  instanceScoreSchema,
  scoresResponseSchema,
  serviceScoresSchema,
  type Cause,
  type InstanceScore,
} from '../../../engine/client/index.js';
import { compileFilter, fieldsOf } from '../../../lib/filter/index.js';
import { VirtualClock } from '../../fakes/clock.js';
import { instanceScore } from '../../support/scores.js';

const time = fc.integer({ min: 0, max: Date.UTC(9_999, 11) });
const number = fc.double({ noNaN: true, noDefaultInfinity: true });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });

const cause: fc.Arbitrary<Cause> = fc.record({
  ...{ name: fc.string(), level: fc.constantFrom('app', 'system', 'gateway'), source: fc.constant('query') },
  ...{ value: maybe(number), absence: maybe(fc.constant('stale')), penalty: maybe(number), pointsLost: number },
  ...{ blame: fc.constant('self'), peersMedianPenalty: maybe(number), traffic: fc.boolean(), moving: fc.boolean() },
  ceiling: fc.boolean(),
});

const score: fc.Arbitrary<InstanceScore> = fc
  .record({
    instance: fc.string({ unit: 'binary' }),
    why: fc.string({ unit: 'binary' }),
    ...{ zoneSince: time, at: time, joinedAt: maybe(time), processStartedAt: maybe(time) },
    up: fc.record({ state: fc.constant('down'), since: time, why: fc.string(), by: fc.constant('silence') }),
    streak: fc.record({ zone: fc.constant('red'), count: fc.nat(), since: time }),
    traffic: fc.record({ requests: maybe(number), since: time }),
    causes: fc.array(cause, { maxLength: 3 }),
    ...{ score: maybe(number), smoothed: maybe(number), coverage: number, inFlight: maybe(number) },
  })
  .chain((change) => fc.constantFrom(instanceScore(change), instanceScore({ ...change, consulWhy: 'a check' })));

/** A score that counts how often it is looked at to be encoded. */
const counting = (change: Partial<InstanceScore>): { readonly score: InstanceScore; readonly looks: () => number } => {
  let looks = 0;
  const score = instanceScore(change);
  Object.defineProperty(score, 'why', { enumerable: true, get: () => `look ${(looks += 1)}` });
  return { score, looks: () => looks };
};

const create = () => {
  const clock = new VirtualClock();
  const board = new Board(
    ['orders', 'none', 'users'].map((service) => ({ service, owner: null })),
    clock,
  );
  const orders = board.service('orders');
  if (!orders) throw new Error('no board');
  return { board, orders };
};
const filter = (source: string) => compileFilter(source, fieldsOf(instanceScoreSchema));
const parsed = (bytes: Buffer): unknown => JSON.parse(bytes.toString());

describe('encoding scores', () => {
  it('says of each score what the schema says', () => {
    fc.assert(
      fc.property(score, (each) => {
        expect(scoreText(each)).to.equal(JSON.stringify({ ...each, ...z.encode(instanceScoreSchema, each) }));
      }),
    );
  });

  it('says of a service, and of all, what the schema says', async () => {
    const { board, orders } = create();
    board.publish('users', [instanceScore({ service: 'users' })]);
    board.publish('orders', [instanceScore(), instanceScore({ instance: 'orders-2' })]);
    board.setDiscovery('orders', { state: 'held', why: 'ä "quoted" reason', at: 5 });
    const services = board.services.map(({ service, discovery, scores }) => {
      return { service, discovery, instances: scores };
    });
    expect(parsed(await boardBytes(board, null, 7))).to.deep.equal(
      z.encode(scoresResponseSchema, { now: 7, ready: false, services }),
    );
    const { service, discovery, scores } = orders;
    const only = scores.slice(1);
    expect(parsed(await serviceBytes(orders, filter('instance == "orders-2"'), 7))).to.deep.equal(
      z.encode(serviceScoresSchema, { service, discovery, instances: only }),
    );
    expect(parsed(await serviceBytes(orders, filter('zone == yellow'), 7))).to.deep.include({ instances: [] });
  });

  it('encodes anew only what was evaluated anew', async () => {
    const { board, orders } = create();
    const [one, two] = [counting({}), counting({ instance: 'orders-2' })];
    board.publish('orders', [one.score, two.score]);
    await serviceBytes(orders, null, 0);
    await boardBytes(board, null, 0);
    const newer = counting({ instance: 'orders-2', zone: 'red' });
    board.publish('orders', [newer.score]);
    await boardBytes(board, filter('zone == red'), 0);
    await boardBytes(board, null, 0);
    expect([one, two, newer].map(({ looks }) => looks())).to.deep.equal([1, 1, 1]);
  });

  it('lets others come first in between where there are thousands, and shows one moment', async () => {
    const { board, orders } = create();
    const instances = Array.from({ length: 3_500 }, (_, i) => `orders-${i}`);
    board.publish(
      'orders',
      instances.map((instance) => instanceScore({ instance })),
    );
    let others = 0;
    const other = (): void => {
      others += 1;
      if (others === 1) board.publish('orders', [instanceScore({ instance: 'orders-3400', zone: 'red' })]);
      if (others < 100) setImmediate(other);
    };
    setImmediate(other);
    const answer = serviceScoresSchema.parse(parsed(await serviceBytes(orders, null, 0)));
    expect(others).to.be.at.least(3);
    expect(answer.instances.map(({ instance }) => instance)).to.deep.equal(instances);
    expect(new Set(answer.instances.map(({ zone }) => zone))).to.deep.equal(new Set(['green']));
    expect(orders.rows.get('orders-3400')?.score.zone).to.equal('red');
  });
});
