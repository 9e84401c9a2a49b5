import { expect } from 'chai';
import { Registry } from 'prom-client';
import { createLog } from '../../lib/log.js';
import { SchedulerMetrics } from '../../scheduler/api/metrics.js';
import { Turns, type TurnParts } from '../../scheduler/turns.js';
import { VirtualClock } from '../fakes/clock.js';
import { aWorld } from '../support/world.js';

const second = 1_000;

describe('the turns of the scheduler', () => {
  it('that fail are told wherever somebody asks how it is, until one goes through', async () => {
    const clock = new VirtualClock(0);
    const world = aWorld(0).service('orders').instances(2).build();
    let wrong: string | null = null;
    const lock = { held: true, token: null, heldSince: 0, confirmedAtMono: 0, why: 'holds the lock' };
    const parts = {
      configuration: () => ({ ballast: { scheduler: { maxActions: 10, maxConcurrent: 1 } }, services: new Map() }),
      observer: {
        snapshot: () => {
          if (wrong !== null) throw new Error(wrong);
          return world;
        },
        memory: () => ({ services: new Map() }),
      },
      applier: { catchUp: () => Promise.resolve(), apply: () => Promise.resolve() },
      gateway: null,
      lock: { node: 'a', state: () => lock, trouble: () => null, onChange: () => undefined },
      steps: { resultsNow: () => new Map() },
      notifier: { turn: () => undefined },
      metrics: new SchedulerMetrics(new Registry()),
      clock,
      log: createLog({ level: 'silent', name: 'test' }),
    };
    const turns = new Turns(parts as unknown as TurnParts);
    const ending = new AbortController();
    const running = turns.run(ending.signal);
    await clock.advance(2 * second);
    expect(turns.readiness([])).to.deep.equal({ ready: true, why: 'holds the lock' });

    wrong = 'an instance that nobody thought of';
    await clock.advance(2 * second);
    const told = `its turns fail, and what was decided before stays: ${wrong}`;
    expect(turns.readiness([])).to.deep.equal({ ready: false, why: told });
    expect(turns.leader().text).to.equal(`holds the lock; ${told}`);

    wrong = null;
    await clock.advance(2 * second);
    expect(turns.readiness([]).ready).to.equal(true);
    expect(turns.leader().text).to.equal('holds the lock');
    ending.abort();
    await clock.advance(second);
    await running;
  });
});
