import { expect } from 'chai';
import { Noise, quiet, readNoise } from '../../../scripts/demo/service/noise.js';

const read = (text: string) => readNoise(new URLSearchParams(text));
const count = (length: number, happens: () => boolean): number =>
  Array.from({ length }, happens).filter(Boolean).length;

describe("a demo instance's noise", () => {
  it('is none until it is asked for', () => {
    const noise = new Noise();
    expect(count(1_000, () => noise.failsRequest())).to.equal(0);
    expect(count(1_000, () => noise.fateOfScrape() !== 'served')).to.equal(0);
  });

  it('fails about the share of requests, and the same ones for the same seed', () => {
    const play = (seed: number): boolean[] => {
      const noise = new Noise();
      noise.set({ ...quiet, errors: 0.01 }, seed);
      return Array.from({ length: 20_000 }, () => noise.failsRequest());
    };
    expect(play(7).filter(Boolean).length).to.be.within(150, 250);
    expect(play(7)).to.deep.equal(play(7));
    expect(play(7)).not.to.deep.equal(play(8));
  });

  it('loses about the share of scrapes, in both ways', () => {
    const noise = new Noise();
    noise.set({ ...quiet, lostScrapes: 0.1 }, 3);
    const fates = Array.from({ length: 10_000 }, () => noise.fateOfScrape());
    for (const fate of ['broken-off', 'hangs'])
      expect(fates.filter((each) => each === fate).length, fate).to.be.within(400, 600);
  });

  it('fails all with a share of one', () => {
    const noise = new Noise();
    noise.set({ ...quiet, errors: 1 }, 0);
    expect(count(1_000, () => noise.failsRequest())).to.equal(1_000);
  });

  it('is read from a query, and refused where it is no share', () => {
    expect(read('errors=0.01&seed=7')).to.deep.equal({ level: { errors: 0.01, lostScrapes: 0 }, seed: 7 });
    expect(read('')).to.deep.equal({ level: quiet, seed: 0 });
    for (const text of ['errors=2', 'errors=-0.1', 'lost_scrapes=much', 'seed=1.5'])
      expect(read(text), text).to.equal(null);
  });
});
