import { expect } from 'chai';
import { decide } from '../../../scheduler/decide.js';
import { redAt, stormAt, stormOf } from '../../../scheduler/heal/index.js';
import type { Memory, World } from '../../../scheduler/model.js';
import { aWorld } from '../../support/world.js';

const now = 1_000_000;
const nobody: Memory = { services: new Map() };

/** Ten services of three, of which so many have one that has been red for so long. */
const world = (struck: number, redForMs: number, services = 10): World => {
  const builder = aWorld(now);
  for (let i = 0; i < services; i++) {
    builder.service(`s${i}`);
    builder.instances(1, i < struck ? { zone: 'red', zoneSince: now - redForMs } : {});
    builder.instances(2);
  }
  return builder.build();
};

describe('storm', () => {
  for (const [what, struck, redForMs, services, agoMs] of [
    ['four of ten services at once', 4, 30_000, 10, 0],
    ['three of ten: no more than the share', 3, 30_000, 10, null],
    ['two of two: too few to tell', 2, 30_000, 2, null],
    ['three of three', 3, 30_000, 3, 0],
    ['four that broke out together, a while ago and perhaps seen by nobody', 4, 300_000, 10, 240_000],
  ] as const)
    it(`${agoMs === null ? 'is not' : 'is'}: ${what}`, () => {
      const at = stormOf(world(struck, redForMs, services).services, nobody, now)?.at;
      expect(at).equal(agoMs === null ? undefined : now - agoMs);
    });

  it('is over where reds began one long after the other', () => {
    const apart = [0, 70_000, 140_000, 210_000, 280_000].flatMap((redForMs, nth) =>
      world(5, redForMs).services.slice(nth, nth + 1),
    );
    expect(stormOf([...apart, ...world(0, 0).services.slice(5)], nobody, now)).equal(null);
  });

  it('is seen in reds that began one after the other, though the first have ended', () => {
    const fleet = { maxActions: 10, maxConcurrent: 1 };
    const two = decide(world(2, 2_000), nobody, fleet, now);
    const none = decide(world(0, 0), two.memory, fleet, now + 20_000);
    expect([...none.memory.services.values()].map((record) => record.redAt).filter(Boolean)).deep.equal([
      now - 2_000,
      now - 2_000,
    ]);
    const others = (redForMs: number): World['services'] => world(5, redForMs).services.slice(3, 5);
    const later = [...world(0, 0).services.slice(0, 3), ...others(1_000), ...world(0, 0).services.slice(5)];
    expect(stormOf(later, none.memory, now + 30_000)?.text).equal(
      'reds began in 4 of 10 services within 60 s (limit 30 %, at least 3)',
    );
    const apart = [...world(0, 0).services.slice(0, 3), ...others(-40_000), ...world(0, 0).services.slice(5)];
    expect(stormOf(apart, none.memory, now + 60_000)).equal(null);
  });

  it('takes the same red, told a little later, for the same', () => {
    const [service] = world(1, 5_000, 1).services;
    if (!service) throw new Error('no service');
    const began = redAt(service, null, now);
    expect(began).equal(now - 5_000);
    expect(redAt(service, began, now + 800)).equal(began);
  });

  it('says its numbers', () => {
    expect(stormOf(world(4, 30_000).services, nobody, now)).deep.equal({
      at: now,
      text: 'reds began in 4 of 10 services within 60 s (limit 30 %, at least 3)',
    });
  });

  it('is seen where many do not answer the engine', () => {
    const builder = aWorld(now).service('orders').instances(6);
    builder.instances(4, { up: 'down', upBy: 'silence' });
    expect(stormOf(builder.build().services, nobody, now)?.text).equal(
      '4 of 10 instances do not answer the engine (limit 30 %, at least 3)',
    );
  });

  it('is remembered by every service, and by the next leader', () => {
    const stormy = decide(world(4, 30_000), nobody, { maxActions: 10, maxConcurrent: 1 }, now);
    const times = [...stormy.memory.services.values()].map((record) => record.stormAt);
    expect(times).deep.equal(Array.from({ length: 10 }, () => now));
    expect(stormy.changed.length).equal(10);
    const calm = world(0, 0);
    // The reds, which began 30 s before, are within the last minute for 30 s more.
    expect(stormOf(calm.services, stormy.memory, now + 90_000)).deep.equal({
      at: now + 30_000,
      text: 'the last sign of a storm was 60 s ago',
    });
    expect(stormOf(calm.services, nobody, now)).equal(null);
  });

  it('does not write what is near enough to what is written', () => {
    expect(stormAt({ at: now, text: '' }, now - 29_000)).equal(now - 29_000);
    expect(stormAt({ at: now, text: '' }, now - 31_000)).equal(now);
    expect(stormAt(null, now)).equal(now);
  });
});
