import { expect } from 'chai';
import { Stages } from './stages.js';
import { nothingProven, together } from './proof/index.js';
import { proofText, rowText } from './table.js';

describe('the table of faults', () => {
  const row = {
    ...{ name: 'leader-killed', fault: 'it is killed', expected: 'another leads', seen: 'it did '.repeat(20).trim() },
    ...{ ok: false, wrong: ['x'], errors: 2, requests: 300, seconds: 12, proven: nothingProven, story: [] },
  };

  it('says of each what was expected and seen, and what clients saw, in lines that fit', () => {
    const lines = rowText(row).split('\n');
    expect(lines[0]).to.equal('WRONG leader-killed (12 s)');
    expect(lines.at(-1)).to.equal('  client errors 2 of 300');
    expect(Math.max(...lines.map(({ length }) => length))).to.be.at.most(110);
    expect(lines).to.have.length(6);
  });

  it('adds up what was proven', () => {
    const once = { checked: { 'tokens only rise': 3 }, breaches: ['one fell'] };
    expect(proofText(together([once, once]))).to.equal(
      'Proven from the journals and the ledgers: 1 rules held against 6 facts, 2 breaches\n       6  tokens only rise',
    );
  });
});

describe('what is set up for a fault', () => {
  it('is taken down when it was played, whatever came of it, and when all is interrupted, half set up too', async () => {
    const stages = new Stages();
    const closed: string[] = [];
    const raise = (name: string) => async () => ({ close: async () => void closed.push(name) });
    expect(await stages.on(raise('well'), async () => 'played')).to.equal('played');
    const failed = await stages.on(raise('ill'), () => Promise.reject(new Error('no'))).catch(String);
    expect([failed, ...closed]).to.deep.equal(['Error: no', 'well', 'ill']);
    let raised: () => void = () => undefined;
    const slow = new Promise<void>((resolve) => {
      raised = resolve;
    });
    const playing = stages.on(
      () => slow.then(raise('slow')),
      () => new Promise<never>(() => undefined),
    );
    const cleared = stages.clear();
    raised();
    await cleared;
    expect(closed).to.deep.equal(['well', 'ill', 'slow']);
    void playing;
  });
});
