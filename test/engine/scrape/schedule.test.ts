import { expect } from 'chai';
import fc from 'fast-check';
import { DueHeap, firstDue, offsetOf, slotMs } from '../../../engine/scrape/schedule.js';

describe('schedule', () => {
  it('gives each target its own place in the interval, always the same', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 100_000 }), (key, interval) => {
        const offset = offsetOf(key, interval);
        expect(offset).to.be.within(0, interval);
        expect(offsetOf(key, interval)).to.equal(offset);
      }),
    );
  });

  it('spreads the instances of a service over the interval', () => {
    const tenths = new Array<number>(10).fill(0);
    for (let i = 0; i < 1000; i++) {
      const tenth = Math.floor(offsetOf(`app orders/orders-${i}`, 10));
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    for (const count of tenths) expect(count).to.be.within(60, 140);
  });

  it('is due next at a multiple of the interval behind its slot, which its offset lies in', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.integer({ min: 100, max: 60_000 }),
        fc.integer({ min: 0, max: 1e9 }),
        (key, interval, now) => {
          const due = firstDue(key, interval, now);
          expect(due - now).to.be.within(0, interval + 1e-3);
          expect(due).to.be.greaterThan(now);
          const into = (due - offsetOf(key, interval)) / interval;
          const slot = Math.round(into) * interval - (due - offsetOf(key, interval));
          expect(slot).to.be.within(-1e-3, slotMs);
          expect(firstDue(key, interval, due)).to.be.closeTo(due + interval, 1e-3);
        },
      ),
    );
  });

  it('has the same moments for targets whose interval holds whole slots', () => {
    const moments = new Set(Array.from({ length: 1_000 }, (_, nth) => firstDue(`app orders/${nth}`, 1_000, 50_000)));
    expect(moments.size).to.equal(1_000 / slotMs);
    for (const at of moments) expect(at % slotMs).to.equal(0);
  });

  it('pops in order of time', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1000 })), (times) => {
        const heap = new DueHeap<number>();
        for (const at of times) heap.push({ at, item: at });
        const popped: number[] = [];
        for (let due = heap.pop(); due; due = heap.pop()) popped.push(due.item);
        expect(popped).to.deep.equal([...times].sort((one, other) => one - other));
        expect(heap.next).to.equal(Infinity);
      }),
    );
  });
});
