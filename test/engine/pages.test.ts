import { expect } from 'chai';
import type { ScrapeOutcome, Target, TargetKey } from '../../engine/model.js';
import { PageTroubles } from '../../engine/pages.js';
import { hearLog } from '../support/log.js';
import { policyFor } from '../support/policy.js';

const target = {
  key: 'one' as TargetKey,
  url: 'http://10.0.0.1:80/metrics',
  level: 'app',
  ...{ intervalMs: 1_000, connectTimeoutMs: 100, timeoutMs: 800, bodyLimitBytes: 1_000 },
  mapping: { kind: 'whole', instances: [] },
} as const satisfies Target;

const page = (...warnings: string[]): ScrapeOutcome => ({ kind: 'page', samples: [], warnings });
const html: ScrapeOutcome = { kind: 'unreadable', why: 'it is HTML' };
const lost: ScrapeOutcome = { kind: 'lost', why: 'no answer' };

const minute = 60_000;

describe('troubles of pages', () => {
  /** One scrape after the other, each so much later. */
  const heard = (outcomes: readonly ScrapeOutcome[], everyMs = minute): readonly string[] => {
    const { log, lines } = hearLog();
    const troubles = new PageTroubles(log);
    outcomes.forEach((outcome, nth) => {
      troubles.note(target, { target: target.key, startedAt: nth * everyMs, durationMs: 1, outcome });
    });
    return lines.map(
      (line) =>
        `${String(line['level'])} ${String(line['msg'])}: ${typeof line['why'] === 'string' ? line['why'] : ''}`,
    );
  };

  it('are told once, and once that they are over', () => {
    expect(heard([page(), html, html, lost, html, page(), page()])).to.deep.equal([
      'warn a page cannot be read well: it is HTML',
      'info a page can be read well again: ',
    ]);
  });

  it('are told again when they are others, but not with every scrape', () => {
    const status: ScrapeOutcome = { kind: 'unreadable', why: 'status 500' };
    expect(heard([html, status, html])).to.have.length(3);
    expect(heard([html, status, html, page()], minute / 5)).to.have.length(1);
  });

  it('that pass soon are told to be over when a minute has passed', () => {
    expect(heard([html, page(), page(), page()], minute / 2)).to.have.length(2);
  });

  it('are lines too, a few of many', () => {
    expect(heard([page('a', 'b', 'c', 'd', 'e', 'f', 'g')])).to.deep.equal([
      'warn a page cannot be read well: lines that cannot be used: a; b; c; d; e; and 2 more',
    ]);
  });

  it('are none while all is well, or while nobody answers', () => {
    expect(heard([page(), lost, lost, page()])).to.deep.equal([]);
  });

  it('are forgotten with the page', () => {
    const { log, lines } = hearLog();
    const troubles = new PageTroubles(log);
    const note = (): void => troubles.note(target, { target: target.key, startedAt: 0, durationMs: 1, outcome: html });
    note();
    troubles.retain(new Set([target.key]));
    note();
    expect(lines).to.have.length(1);
    troubles.retain(new Set());
    note();
    expect(lines).to.have.length(2);
  });

  it('of a Prometheus server are told also when it is silent, and stay readable while they last', () => {
    const server = policyFor('prometheus: {url: "http://p:9090"}').prometheus ?? expect.fail('no server');
    const asked: Target = { ...target, level: 'prometheus', question: { server, promql: 'sum by (x)\n(y)' } };
    const { log, lines } = hearLog();
    const troubles = new PageTroubles(log);
    const note = (outcome: ScrapeOutcome): readonly string[] => {
      troubles.note(asked, { target: asked.key, startedAt: 0, durationMs: 1, outcome });
      return troubles.ofServers;
    };
    expect(note(page())).to.deep.equal([]);
    expect(note({ kind: 'refused', why: 'connection refused' })).to.deep.equal([
      'Prometheus, asked sum by (x) (y): connection refused',
    ]);
    expect(note(page('nobody is named'))).to.deep.equal(['Prometheus, asked sum by (x) (y): nobody is named']);
    expect(lines.map(({ query }) => query)).to.deep.equal(['sum by (x)\n(y)']);
    expect(note(page())).to.deep.equal([]);
    note(lost);
    troubles.retain(new Set());
    expect(troubles.ofServers).to.deep.equal([]);
  });
});
