import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as defaults from '../../../config/defaults.js';
import { HistoryStore } from '../../../engine/store/index.js';
import { createLog } from '../../../lib/log.js';
import { VirtualClock } from '../../fakes/clock.js';

const writer = fileURLToPath(new URL('../../support/history-writer.js', import.meta.url));
const start = Date.UTC(2030, 0, 1);
const EVERY = 20_000;

/** Lets a process write until it promised so many times, and kills it a random moment later. Until when it promised. */
const writeAndDie = async (path: string, from: number, promises: number): Promise<number> => {
  const child = spawn(process.execPath, [writer, path, String(from)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  let text = '';
  let heard = 0;
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (part: Buffer) => {
      text += part.toString();
      heard = text.split('\n').length - 1;
      if (heard >= promises) resolve();
    });
  });
  // Somewhere within its next rounds: how many turns of our own loop that is, nobody knows.
  for (let turns = Math.floor(Math.random() * 200); turns > 0; turns -= 1) await new Promise(setImmediate);
  child.kill('SIGKILL');
  await exited;
  return Number(text.slice(0, text.lastIndexOf('\n')).split('\n').at(-1));
};

describe('history of a process that is killed', function () {
  this.timeout(600_000);
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ballast-kill-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const killTimes = async (times: number): Promise<void> => {
    const path = join(folder, 'history.db');
    const log = createLog({ level: 'silent', name: 'test' });
    let from = start;
    for (let life = 0; life < times; life += 1) {
      const promised = await writeAndDie(path, from, 3 + Math.floor(Math.random() * 60));
      const store = new HistoryStore({ path, limits: defaults.engine.history, clock: new VirtualClock(promised), log });
      expect(store.problem).to.equal(null);
      for (const instance of ['a', 'b', 'c']) {
        const kept = store.read('orders', instance, 0, Infinity).flatMap(({ points }) => points.map(({ at }) => at));
        const expected = kept.filter((at) => at >= from && at < promised);
        expect(expected).to.deep.equal(
          Array.from({ length: (promised - from) / EVERY }, (_, i) => from + i * EVERY),
          `life ${life} of ${instance}`,
        );
        expect(kept).to.deep.equal([...new Set(kept)].sort((a, b) => a - b));
      }
      const remembered = store.recall('orders') as { until?: number } | null;
      expect(remembered?.until).to.be.at.least(promised);
      const minutes = store.history({
        ...{ service: 'orders', instance: 'a', start, end: promised, stepMs: 60_000, metrics: [] },
      });
      const counted = minutes.aggregates.reduce((sum, { evaluations }) => sum + evaluations, 0);
      // Every life went on where the one before it ended, so nothing may be missing or double in any tier.
      expect(counted).to.equal((promised - start) / EVERY);
      from = (store.span('orders', 'a')?.last ?? promised) + EVERY;
      store.close();
    }
  };

  it('is all there that was flushed, once and in order, life after life', () => killTimes(4));
  it('long: is all there that was flushed, over a hundred lives', () => killTimes(100));
});
