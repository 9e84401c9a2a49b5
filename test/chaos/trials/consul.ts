/** Consul itself goes in the middle of a healing. */
import { eventually } from '../../support/eventually.js';
import { type Scene, seconds, sick } from './scene.js';
import type { Trial } from './trial.js';

const electionMs = 15_000;
const watchedEvaluations = 20;

const killConsulsLeader = async ({ cluster }: Scene): Promise<void> => {
  const leader = await cluster.leader();
  if (!leader) throw new Error('Consul has no leader to be killed');
  await leader.end('SIGKILL');
};

/** A scheduler that leads; null: nobody does. */
const whoLeads = async ({ stage }: Scene) => {
  for (const seat of stage.schedulers) if ((await stage.leads(seat)).leader) return seat;
  return null;
};

const untilLed = async (scene: Scene) => {
  await scene.expectWithin(async () => (await whoLeads(scene)) !== null, 60_000, 'no scheduler leads');
  return (await whoLeads(scene)) ?? scene.stage.first;
};

/** While the engine goes on scoring, nobody acts and nothing that is served changes. */
const standsStill = async (scene: Scene): Promise<void> => {
  const { stage } = scene;
  for (const seat of stage.schedulers)
    await scene.expectWithin(async () => (await stage.ready(seat)).startsWith('503'), 20_000, 'a scheduler says ready');
  await scene.expectWithin(async () => (await whoLeads(scene)) === null, 20_000, 'a scheduler says that it leads');
  const before = await scene.picture();
  const from = await stage.evaluation(sick);
  await eventually(async () => (await stage.evaluation(sick)) >= from + watchedEvaluations, { timeoutMs: 60_000 });
  const after = await scene.picture();
  scene.expect(before === after, `it did not stand still: ${before} -> ${after}`);
  scene.expect(!after.includes('asked'), 'something was restarted');
  if (before === after) scene.note(`nothing changed over ${watchedEvaluations} evaluations without a quorum`);
};

export const consulTrials: readonly Trial[] = [
  {
    name: 'consul-leader-killed',
    fault: "Consul's leading server is killed (SIGKILL) while Ballast drains",
    expected: 'the same scheduler goes on under the same token once Consul has elected, and finishes',
    play: async (scene) => {
      const { stage, cluster } = scene;
      await scene.sicken('draining');
      const { token } = await stage.leads(stage.first);
      await killConsulsLeader(scene);
      scene.note(`Consul had a leader after ${seconds(await cluster.untilLed(electionMs))}`);
      await scene.endsWell(stage.first);
      const after = await stage.leads(stage.first);
      scene.expect(after.token === token, `the token went from ${token} to ${after.token}`);
    },
  },
  {
    name: 'quorum-lost',
    fault:
      'two of three Consul servers are killed while one instance is sick and out; started again after 20 evaluations',
    expected: 'meanwhile no healing and the same weights; afterwards it is healed once',
    play: async (scene) => {
      const { cluster } = scene;
      await scene.sickenUntilOut();
      await killConsulsLeader(scene);
      const other = cluster.servers.find(({ program }) => program.runs);
      await other?.program.end('SIGKILL');
      await standsStill(scene);
      for (const { program } of cluster.servers) if (!program.runs) program.start();
      scene.note(`Consul had a leader ${seconds(await cluster.untilLed(60_000))} after their start`);
      await scene.endsWell(await untilLed(scene));
    },
  },
  {
    name: 'both-leaders-killed',
    fault: "Consul's leading server and the leading scheduler are killed at once while a new process is verified",
    expected: 'the other leads within 40 s (an election, twice the TTL, the lock-delay) and finishes',
    play: async (scene) => {
      const { first, second } = scene.stage;
      await scene.sicken('verifying');
      const from = performance.now();
      await Promise.all([killConsulsLeader(scene), first.program.end('SIGKILL')]);
      await scene.takenOver(second, from, 40_000);
      await scene.endsWell(second);
    },
  },
];
