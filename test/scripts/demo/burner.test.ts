import { expect } from 'chai';
import { nextShare } from '../../../scripts/demo/service/burner.js';

/** Threads that get what they ask for, but together never more than the machine has left. */
const settle = (threads: number, left: number): number => {
  let share = 0;
  let used = 0;
  for (let i = 0; i < 200; i++) {
    used = Math.min(left, threads * share);
    share = nextShare(share, used);
  }
  return used;
};

describe('the demo that burns CPU', () => {
  it('burns a core and a fifth where there is room', () => {
    expect(settle(6, 2)).to.be.closeTo(1.2, 0.01);
  });

  it('takes all that a busy machine leaves', () => {
    expect(settle(6, 0.5)).to.equal(0.5);
    expect(nextShare(1, 0.5)).to.equal(1);
  });

  it('stops burning when the process is busy by itself', () => {
    expect(nextShare(0, 1.5)).to.equal(0);
  });
});
