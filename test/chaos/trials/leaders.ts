/** The leading scheduler goes in the middle of a healing. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Session } from '../../support/stage/files.js';
import { type Scene, seconds } from './scene.js';
import type { Trial } from './trial.js';

/** Consul lets a session live for up to twice its TTL, then comes the lock-delay; then the next look at the lock. */
const takeOverMs = ({ ttlMs, lockDelayMs }: { ttlMs: number; lockDelayMs: number }): number =>
  2 * ttlMs + lockDelayMs + 2_000;

const short = takeOverMs({ ttlMs: 10_000, lockDelayMs: 1_000 });
const defaults: Session = { ttl: '15s', renew: '5s', lock_delay: '15s' };
const byDefault = takeOverMs({ ttlMs: 15_000, lockDelayMs: 15_000 });
const stoppedMs = 40_000;

/** Whoever does not lead any more does nothing, and says so. */
const isSilent = async (scene: Scene): Promise<void> => {
  const { first, second } = scene.stage;
  await scene.expectWithin(async () => !(await scene.stage.leads(first)).leader, 15_000, 'the old leader still leads');
  scene.expect((await scene.stage.leads(second)).leader, 'the new leader leads no more');
};

export const leaderTrials: readonly Trial[] = [
  {
    name: 'leader-killed',
    fault: 'the leading scheduler is killed (SIGKILL) while it drains; session as by default (15 s, lock-delay 15 s)',
    expected: `the other leads within ${seconds(byDefault)} and finishes`,
    session: defaults,
    play: async (scene) => {
      const { first, second } = scene.stage;
      await scene.sicken('draining');
      const from = performance.now();
      await first.program.end('SIGKILL');
      await scene.takenOver(second, from, byDefault);
      await scene.endsWell(second);
    },
  },
  {
    name: 'leader-stopped',
    fault: 'the leading scheduler is stopped (SIGSTOP) for 40 s while it drains, and woken (SIGCONT)',
    expected: `the other leads within ${seconds(short)} and finishes; who wakes does nothing`,
    play: async (scene) => {
      const { first, second } = scene.stage;
      await scene.sicken('draining');
      const from = performance.now();
      first.program.signal('SIGSTOP');
      await scene.takenOver(second, from, short);
      await delay(stoppedMs - (performance.now() - from));
      first.program.signal('SIGCONT');
      await isSilent(scene);
      await scene.endsWell(second);
    },
  },
  {
    name: 'leader-partitioned',
    fault: 'the leading scheduler is cut off from Consul while it drains: nothing comes through any more, for 60 s',
    expected: `it says that it does not lead within 12 s, the other leads within ${seconds(short)} and finishes`,
    play: async (scene) => {
      const { first, second } = scene.stage;
      const [link] = scene.cluster.links;
      await scene.sicken('draining');
      const from = performance.now();
      link.cut();
      const silent = async (): Promise<boolean> => !(await scene.stage.leads(first)).leader;
      const ms = await scene.expectWithin(silent, 12_000, 'it still says that it leads');
      scene.note(`cut off, it led for ${seconds(ms)} more`);
      await scene.takenOver(second, from, short);
      await delay(Math.max(0, 60_000 - (performance.now() - from)));
      link.mend();
      await isSilent(scene);
      await scene.endsWell(second);
    },
  },
];
