import { expect } from 'chai';
import { newTimeline, stepTimeline, type Sample, type Seconds } from '../../../scripts/demo/story/timeline.js';

const well: Omit<Sample, 'at'> = { zone: 'green', lifecycle: 'serving', applied: 100, process: 'old' };

/** Seconds after the given samples, one a second. */
const tell = (...samples: readonly Partial<Sample>[]): Seconds =>
  samples.reduce((timeline, sample, at) => stepTimeline(timeline, { ...well, at, ...sample }), newTimeline(100, 'old'))
    .seconds;

describe('the timeline of a story', () => {
  it('is empty while all is well', () => {
    expect(new Set(Object.values(tell({}, {}, {})))).to.deep.equal(new Set([null]));
  });

  it('holds the first time of each stage of a restart', () => {
    const seconds = tell(
      {},
      { zone: 'yellow', applied: 60 },
      { zone: 'red', applied: 60 },
      { zone: 'red', applied: 0, lifecycle: 'out' },
      { zone: 'red', applied: 10, lifecycle: 'probation' },
      { zone: 'red', applied: 0, lifecycle: 'draining' },
      { zone: 'red', applied: 0, process: null },
      { zone: 'unknown', applied: 10, process: 'new' },
      { zone: 'green', applied: 50, process: 'new' },
      { zone: 'green', applied: 100, process: 'new' },
    );
    expect(seconds).to.deep.equal({
      ...{ weightLowered: 1, red: 2, out: 3, probation: 4 },
      ...{ killed: 6, replaced: 7, green: 8, fullWeight: 9 },
    });
  });

  it('sees a restart that nobody noticed the gap of', () => {
    expect(tell({}, { process: 'new', zone: 'unknown', applied: 10 })).to.deep.include({
      killed: 1,
      replaced: 1,
      green: null,
    });
  });

  it('takes green and full weight back when they are lost again', () => {
    const lost = tell({}, { zone: 'red', applied: 0 }, {}, { zone: 'red', applied: 0 });
    expect(lost).to.deep.include({ green: null, fullWeight: null });
    expect(tell({}, { zone: 'red', applied: 0 }, {}, { zone: 'red', applied: 0 }, {})).to.deep.include({
      green: 4,
      fullWeight: 4,
    });
  });

  it('does not take what could not be asked for a change', () => {
    const silent = { zone: null, lifecycle: null, applied: undefined } as const;
    expect(tell({}, silent, silent)).to.deep.include({ weightLowered: null, red: null, out: null, green: null });
    expect(tell({}, { zone: 'red', applied: 0 }, {}, silent)).to.deep.include({ green: 2, fullWeight: 2 });
  });

  it('counts an instance that left the upstream as out', () => {
    expect(tell({}, { applied: null })).to.deep.include({ weightLowered: 1, out: 1 });
  });
});
