import { expect } from 'chai';
import { cronProblem, isTimezone, Recurrence } from '../../lib/cron.js';

const hour = 3_600_000;
const at = (text: string): number => Date.parse(text);
const iso = (moment: number | null): string | null => (moment === null ? null : new Date(moment).toISOString());

describe('recurring moments', () => {
  const sundays = new Recurrence('0 2 * * 0', 'Europe/Berlin');

  it('are found by the wall clock of their zone', () => {
    expect(iso(sundays.first(at('2026-11-26T12:00:00Z'), at('2026-12-31T00:00:00Z')))).to.equal(
      '2026-11-29T01:00:00.000Z',
    );
    expect(iso(sundays.first(at('2026-06-26T12:00:00Z'), at('2026-12-31T00:00:00Z')))).to.equal(
      '2026-06-28T00:00:00.000Z',
    );
  });

  it('are the last one that was, and none where there was none', () => {
    const now = at('2026-11-29T02:30:00Z');
    expect(iso(sundays.last(now - 2 * hour, now))).to.equal('2026-11-29T01:00:00.000Z');
    expect(sundays.last(now - hour, now)).to.equal(null);
    expect(sundays.first(now, now + hour)).to.equal(null);
  });

  it('leave out the moment from which and take in the one up to which is asked', () => {
    const start = at('2026-11-29T01:00:00Z');
    expect(sundays.last(start, start + hour)).to.equal(null);
    expect(sundays.last(start - 1, start)).to.equal(start);
    expect(sundays.last(start - hour, start - 1)).to.equal(null);
  });

  it('that the clocks jump over come when they have jumped', () => {
    // 2026-03-29 02:00 to 03:00 does not exist in Berlin.
    const after = at('2026-03-29T00:00:00Z');
    expect(iso(sundays.first(after, after + 4 * hour))).to.equal('2026-03-29T01:00:00.000Z');
    const half = new Recurrence('30 2 29 3 *', 'Europe/Berlin');
    expect(iso(half.first(after, after + 4 * hour))).to.equal('2026-03-29T01:00:00.000Z');
  });

  it('that come twice as the clocks go back count twice', () => {
    // 2026-10-25 02:00 to 03:00 happens twice in Berlin.
    const after = at('2026-10-24T22:00:00Z');
    const once = sundays.first(after, after + 8 * hour);
    expect(iso(once)).to.equal('2026-10-25T00:00:00.000Z');
    expect(iso(sundays.first(once ?? 0, after + 8 * hour))).to.equal('2026-10-25T01:00:00.000Z');
    expect(sundays.first(at('2026-10-25T01:00:00Z'), after + 8 * hour)).to.equal(null);
  });

  it('are right where the clocks change by half an hour, and where they never do', () => {
    // Lord Howe: 2026-10-04 02:00 to 02:30 does not exist.
    const island = new Recurrence('15 2 * * *', 'Australia/Lord_Howe');
    expect(iso(island.first(at('2026-10-03T14:00:00Z'), at('2026-10-03T18:00:00Z')))).to.equal(
      '2026-10-03T15:30:00.000Z',
    );
    const kolkata = new Recurrence('0 0 * * *', 'Asia/Kolkata');
    expect(iso(kolkata.first(at('2026-01-01T12:00:00Z'), at('2026-01-02T12:00:00Z')))).to.equal(
      '2026-01-01T18:30:00.000Z',
    );
  });

  it('take the days that the parser knows: the last, the nearest to, the second of its kind', () => {
    const next = (expression: string): string | null =>
      iso(new Recurrence(expression, 'UTC').first(at('2026-11-01T00:00:00Z'), at('2027-01-01T00:00:00Z')));
    expect(next('0 3 L * *')).to.equal('2026-11-30T03:00:00.000Z');
    expect(next('0 3 15W * *')).to.equal('2026-11-16T03:00:00.000Z');
    expect(next('0 3 * * 2#2')).to.equal('2026-11-10T03:00:00.000Z');
    expect(next('@monthly')).to.equal('2026-12-01T00:00:00.000Z');
  });

  it('of expressions and zones that are wrong are refused with what is wrong', () => {
    expect(cronProblem('0 2 * * 0')).to.equal(null);
    expect(cronProblem('61 2 * * 0')).to.contain('minute');
    expect(cronProblem('0 2 * *')).to.contain('got 4');
    expect(cronProblem('0 2 30 2 *')).to.contain('impossible');
    expect(cronProblem('*/5 0 2 * * 0')).to.contain('six fields');
    expect(cronProblem('')).to.be.a('string');
    expect(cronProblem('@reboot')).to.be.a('string');
    expect(isTimezone('Europe/Berlin')).to.equal(true);
    expect(isTimezone('Mars/Olympus')).to.equal(false);
    expect(isTimezone('')).to.equal(false);
  });
});
