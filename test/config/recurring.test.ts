import { expect } from 'chai';
import fc from 'fast-check';
import { type MaintenanceWindow, nextWindow, openWindow } from '../../config/index.js';
import { policyFor } from '../support/policy.js';

const at = (text: string): number => Date.parse(text);
const iso = (moment: number | null | undefined): string | null =>
  typeof moment === 'number' ? new Date(moment).toISOString() : null;
const minute = 60_000;
const night = (more: Partial<MaintenanceWindow> = {}): MaintenanceWindow => ({
  cron: '0 2 * * 0',
  timezone: 'Europe/Berlin',
  forMs: 120 * minute,
  reason: 'patch night',
  ...more,
});

describe('a window of maintenance that recurs', () => {
  it('is read from the file, in UTC unless it says otherwise', () => {
    const { maintenance } = policyFor('maintenance: [{cron: "0 2 * * 0", for: 2h, reason: patch night}]\n');
    expect(maintenance).to.deep.equal([night({ timezone: 'UTC' })]);
    expect(policyFor('').maintenance).to.deep.equal([]);
  });

  it('opens with its minute and closes with its length', () => {
    const window = night();
    const start = at('2026-11-29T01:00:00Z');
    expect(openWindow(window, start - 1)).to.equal(null);
    expect(openWindow(window, start)).to.deep.equal({ window, since: start, until: start + 120 * minute });
    expect(iso(openWindow(window, start + 120 * minute - 1)?.until)).to.equal('2026-11-29T03:00:00.000Z');
    expect(openWindow(window, start + 120 * minute)).to.equal(null);
  });

  it('is open for its length though the clocks jump in the middle of it, and over its beginning', () => {
    const before = night({ cron: '30 1 * * 0' });
    // 01:30 to 04:30 by the clock, which jumps from 02:00 to 03:00.
    expect(iso(openWindow(before, at('2026-03-29T02:29:59Z'))?.since)).to.equal('2026-03-29T00:30:00.000Z');
    expect(openWindow(before, at('2026-03-29T02:30:00Z'))).to.equal(null);
    expect(iso(openWindow(night(), at('2026-03-29T01:00:00Z'))?.until)).to.equal('2026-03-29T03:00:00.000Z');
  });

  it('that begins twice as the clocks go back lasts until the later end', () => {
    const window = night();
    expect(iso(openWindow(window, at('2026-10-25T00:00:00Z'))?.since)).to.equal('2026-10-25T00:00:00.000Z');
    expect(iso(openWindow(window, at('2026-10-25T02:30:00Z'))?.until)).to.equal('2026-10-25T03:00:00.000Z');
    expect(openWindow(window, at('2026-10-25T03:00:00Z'))).to.equal(null);
  });

  it('says when it begins next, also while it is open, and that it never does', () => {
    const window = night();
    expect(iso(nextWindow(window, at('2026-11-26T00:00:00Z')))).to.equal('2026-11-29T01:00:00.000Z');
    expect(iso(nextWindow(window, at('2026-11-28T00:00:00Z')))).to.equal('2026-11-29T01:00:00.000Z');
    expect(iso(nextWindow(window, at('2026-11-29T01:00:00Z')))).to.equal('2026-12-06T01:00:00.000Z');
    expect(iso(nextWindow(window, at('2026-11-20T00:00:00Z')))).to.equal('2026-11-22T01:00:00.000Z');
    expect(nextWindow(night({ cron: '0 0 29 2 *', timezone: 'UTC' }), at('2026-03-01T00:00:00Z'))).to.equal(null);
  });

  it('is open or not by the moment alone, whatever was asked before', () => {
    const start = at('2026-10-24T20:00:00Z');
    const moment = fc.integer({ min: 0, max: 12 * 60 * 60 }).map((seconds) => start + seconds * 1000);
    const cron = fc.constantFrom('0 2 * * *', '*/7 1-3 * * *', '30 * * * 0', '15 0 25 10 *');
    const length = fc.constantFrom(1, 5, 45, 180).map((minutes) => minutes * minute);
    fc.assert(
      fc.property(cron, length, fc.array(moment, { minLength: 2, maxLength: 6 }), (expression, forMs, moments) => {
        const remembered = night({ cron: expression, forMs });
        for (const each of moments) {
          const fresh = night({ cron: expression, forMs });
          expect(openWindow(remembered, each)?.since).to.equal(openWindow(fresh, each)?.since);
          expect(nextWindow(remembered, each)).to.equal(nextWindow(fresh, each));
        }
      }),
      { numRuns: 12 },
    );
  });
});
