/** What `no_data` does to an instance over time, through the whole pipeline. */
import { expect } from 'chai';
import type { Absence } from '../../engine/client/index.js';
import { dehydrate, hydrate } from '../../engine/hydrate.js';
import { notesOf } from '../../engine/notes.js';
import { assessmentOf } from '../../engine/past/memory.js';
import { decodePoints, encodeChunk } from '../../engine/store/codec.js';
import { judgedOf } from '../../engine/store/point.js';
import { pointOfRow, rowOf } from '../../engine/store/row.js';
import { instanceNamed, lost, unfinished, type Values } from '../support/observations.js';
import { policyFor } from '../support/policy.js';
import { Timeline } from '../support/timeline.js';

const second = 1_000;
const policyWith = (noData: string, holdFor = '') =>
  policyFor(
    `preset: [node, node-exporter]\nscrape: {interval: 1s}\nmetrics: {event_loop_lag: {no_data: ${noData}${holdFor}}}`,
  );
const worst = policyWith('worst');
const hold = policyWith('hold', ', hold_for: 10s');
const lagging = 0.5;
const noApp = (absence: Absence): Values =>
  Object.fromEntries(worst.metrics.filter(({ level }) => level === 'app').map(({ name }) => [name, absence]));

describe('no_data: worst', () => {
  it('is judged like a critical value: red at the third evaluation, and says why', () => {
    const timeline = new Timeline(worst);
    timeline.repeat(4);
    timeline.repeat(3, { event_loop_lag: 'empty' });
    expect(timeline.zones).equal('uggg' + 'ggr');
    const { instance, notes } = timeline.explain();
    expect(instance.why).equal(
      'score 40 (red is below 50); event_loop_lag (no element) costs 18.2 points and caps app at 40',
    );
    expect(instance.causes[0]).include({ name: 'event_loop_lag', value: null, absence: 'empty', penalty: 1 });
    expect(notes).deep.equal(['event_loop_lag: no element for 2s; counted as critical.']);
  });

  it('is not touched by a lost scrape, nor by a page that cannot be read: that is unknown', () => {
    const timeline = new Timeline(worst);
    timeline.repeat(4);
    for (let i = 1; i <= 2; i += 1) timeline.next(noApp('missing'), { up: lost(timeline.now, i) });
    timeline.next();
    for (let i = 1; i <= 6; i += 1) timeline.next(noApp('stale'), { up: unfinished(timeline.now, i) });
    expect(timeline.zones).equal('uggg' + 'gg' + 'g' + 'gg' + 'uuuu');
  });

  it('says of a dry run what it would be, and nothing of a coverage that it does not touch', () => {
    for (const [noData, note] of [
      ['worst', 'no element for 2s; would count as critical'],
      ['skip', 'no element for 2s'],
    ]) {
      const metrics = `metrics: {event_loop_lag: {dry_run: true, no_data: ${noData}}}`;
      const timeline = new Timeline(policyFor(`preset: [node, node-exporter]\nscrape: {interval: 1s}\n${metrics}`));
      timeline.repeat(4);
      timeline.repeat(3, { event_loop_lag: 'empty' });
      const { instance, notes } = timeline.explain();
      expect(instance.coverage).equal(1);
      expect(notes).deep.equal([`event_loop_lag (dry run): ${note}.`]);
    }
  });

  it('does not count before a new process had its time', () => {
    const timeline = new Timeline(worst, 0, instanceNamed('checkout-1', { joinedAt: 0 }));
    timeline.repeat(19, { event_loop_lag: 'empty' });
    expect(timeline.zones).equal('u'.repeat(19));
    timeline.repeat(3, { event_loop_lag: 'warming-up' });
    expect(timeline.zones.slice(-2)).equal('gg');
  });
});

describe('no_data: hold', () => {
  it('keeps an instance as it was judged, for a while', () => {
    const timeline = new Timeline(hold);
    timeline.repeat(4);
    timeline.repeat(6, { event_loop_lag: lagging });
    expect(timeline.zone).equal('red');
    timeline.repeat(11, { event_loop_lag: 'empty' });
    expect(timeline.zone).equal('red');
    expect(timeline.explain().notes).deep.equal([
      'event_loop_lag: no element for 10s; held as last judged, for 10s at most.',
    ]);
    timeline.repeat(2, { event_loop_lag: 'empty' });
    expect(timeline.zone).equal('green');
    expect(timeline.explain().notes).deep.equal([
      'event_loop_lag: no element for 12s; not counted, lowers the coverage.',
    ]);
  });

  it('keeps no instance red of which no page is read any more', () => {
    const timeline = new Timeline(hold);
    timeline.repeat(4);
    timeline.repeat(6, { event_loop_lag: lagging });
    for (let i = 1; i <= 4; i += 1) timeline.next(noApp('missing'), { up: unfinished(timeline.now, i) });
    expect(timeline.zone).equal('unknown');
  });

  it('belongs to a process: another one under the same id starts without it', () => {
    const timeline = new Timeline(hold);
    timeline.repeat(4);
    timeline.repeat(6, { event_loop_lag: lagging });
    timeline.next({ event_loop_lag: 'empty' }, { processStartedAt: 99 * second });
    expect(timeline.explain().metrics.find(({ name }) => name === 'event_loop_lag')).include({
      status: 'absent',
      penalty: null,
    });
  });

  it('goes on after a restart of the engine, with since when', () => {
    const before = new Timeline(hold);
    before.repeat(4);
    before.repeat(6, { event_loop_lag: lagging });
    before.repeat(3, { event_loop_lag: 'empty' });
    const since = before.now - 2 * second;
    const after = new Timeline(hold, before.now + second);
    const stored: unknown = JSON.parse(JSON.stringify(dehydrate(before.service)));
    after.memory = hydrate(stored, after.now).instances.get(after.instance.id);
    after.next({ event_loop_lag: 'never-exposed' });
    expect(after.explain().metrics.find(({ name }) => name === 'event_loop_lag')).include({
      status: 'held',
      absence: 'empty',
      penalty: 1,
      since,
    });
  });
});

describe('what is not judged', () => {
  it('is told by reason, what costs points first, with since when', () => {
    const timeline = new Timeline(policyFor('preset: [node, node-exporter]\nscrape: {interval: 1s}'));
    timeline.repeat(3, { db_connections: 'never-exposed', memory: 'never-exposed' });
    timeline.turn('out');
    timeline.repeat(64, {
      ...{
        db_connections: 'never-exposed',
        memory: 'never-exposed',
        cpu: 'empty',
        response_time: 'too-little-traffic',
      },
      ...{ node_cpu: 'missing', node_files: 'missing', node_memory: 'missing' },
    });
    expect(timeline.explain().notes).deep.equal([
      'response_time, error_ratio, stall: held as last judged for 1m3s, while out of rotation.',
      'cpu: no element for 1m3s; not counted, lowers the coverage.',
      'node_memory, node_files, node_cpu: no page for 1m3s; not counted, lowers the coverage.',
      'db_connections, memory: not once on the page for 1m6s; not counted.',
    ]);
  });

  it('is nothing where all is judged', () => {
    const timeline = new Timeline(policyFor());
    timeline.repeat(3);
    expect(timeline.explain().notes).deep.equal([]);
  });
});

describe('history', () => {
  it('knows afterwards what was held for want of a value, and what counted as critical', () => {
    const policy = policyFor(
      'metrics: {h: {query: h, good: 0, critical: 1, no_data: hold}, w: {query: w, good: 0, critical: 1, no_data: worst}}',
    );
    const timeline = new Timeline(policy);
    timeline.repeat(3, { h: 0.5 });
    const score = timeline.next({ h: 'missing', w: 'empty' });
    const { metrics } = timeline.explain();
    const judged = judgedOf(score, metrics);
    const [point] = decodePoints(encodeChunk([pointOfRow(rowOf(score, metrics))]));
    if (point === undefined) throw new Error('nothing was kept');
    const then = { judged, point, before: [], zoneSince: 0, now: null };
    const [held, worst] = assessmentOf(then, policy).judgements;
    expect(held).include({ status: 'held', absence: 'missing', value: 0.5, penalty: 0.5 });
    expect(worst).include({ status: 'absent', absence: 'empty', value: null, penalty: 1 });
    expect(
      notesOf(
        [held, worst].flatMap((each) => each ?? []),
        0,
      ),
    ).deep.equal(['w: no element; counted as critical.', 'h: no page; held as last judged, for 1m at most.']);
  });
});
