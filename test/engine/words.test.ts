import { expect } from 'chai';
import { scoreText } from '../../engine/words.js';

describe('words', () => {
  it('a score is never rounded up, nor down where only a computer has less', () => {
    expect([49.96, 64.1, 86.3, 100, 0].map(scoreText)).to.deep.equal(['49.9', '64.1', '86.3', '100', '0']);
  });
});
