/** A process that keeps history and says after each flush what must now survive: to be killed at any moment. */
import * as defaults from '../../config/defaults.js';
import { HistoryStore } from '../../engine/store/index.js';
import { createLog } from '../../lib/log.js';
import { VirtualClock } from '../fakes/clock.js';
import { instanceScore, metricScore } from './scores.js';

const [path = '', from = '0'] = process.argv.slice(2);
const clock = new VirtualClock(Number(from));
const log = createLog({ level: 'silent', name: 'writer' });
const store = new HistoryStore({ path, limits: defaults.engine.history, clock, log });

/** Some evaluations of three instances, a minute's worth of tidying now and then; chunks end every few rounds. */
const round = (): void => {
  for (let i = 0; i < 5; i += 1) {
    for (const instance of ['a', 'b', 'c'])
      store.record(instanceScore({ instance, at: clock.now() }), [metricScore({ value: Math.random() })]);
    clock.jump(20_000);
  }
  store.remember('orders', { until: clock.now() });
  while (store.flush());
  // Only what stands here was promised; the tidying after it may be interrupted as well.
  process.stdout.write(`${clock.now()}\n`);
  store.tidy();
  setImmediate(round);
};

round();
