/** Two schedulers, three Consul servers, NGINX, three instances under load; and what is seen of them during one fault. */
import { isDeepStrictEqual } from 'node:util';
import { readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ServiceMemo } from '../../../config/index.js';
import { requireConfiguration } from '../../../config/required.js';
import { messageOf } from '../../../lib/errors.js';
import type { InstanceView } from '../../../scheduler/client/index.js';
import { nginxPlace } from '../../../scripts/demo/environment/nginx.js';
import { setFault } from '../../../scripts/demo/story/watcher.js';
import { eventually } from '../../support/eventually.js';
import { service } from '../../support/stage/files.js';
import { type SchedulerSeat, Stage } from '../../support/stage/stage.js';
import { Cluster } from '../cluster/cluster.js';
import { keep } from '../keep.js';
import { type Evidence, lastWords, prove } from '../proof/index.js';
import { readJournal } from '../proof/read.js';
import type { Row, Trial } from './trial.js';

export const sick = 'orders-2';
const phaseMs = 120_000;
const wellMs = 240_000;

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

export class Scene {
  readonly notes: string[] = [];
  readonly wrong: string[] = [];

  private constructor(
    readonly stage: Stage,
    readonly cluster: Cluster,
  ) {}

  /** Resolves when all is well: the first scheduler leads, the second waits, and clients come. */
  static async open(session: Trial['session']): Promise<Scene> {
    const clusters: Cluster[] = [];
    const consulIn = async (state: string): Promise<Cluster> => {
      const cluster = await Cluster.in(state);
      clusters.push(cluster);
      return cluster;
    };
    const stage = await Stage.open({ consulIn, ...(session ? { session } : {}) });
    const [cluster] = clusters;
    if (!cluster) throw new Error('there is no Consul');
    const scene = new Scene(stage, cluster);
    try {
      await stage.startScheduler(stage.second);
      await eventually(async () => (await stage.ready(stage.second)).startsWith('200'), { timeoutMs: 30_000 });
    } catch (error) {
      await stage.close();
      throw error;
    }
    return scene;
  }

  close(): Promise<void> {
    return this.stage.close();
  }

  note(text: string): void {
    this.notes.push(text);
  }

  expect(holds: boolean, otherwise: string): void {
    if (!holds) this.wrong.push(otherwise);
  }

  async expectWithin(holds: () => Promise<boolean>, limitMs: number, otherwise: string): Promise<number> {
    const from = performance.now();
    await eventually(holds, { timeoutMs: limitMs, everyMs: 100 }).catch((error: unknown) => {
      this.wrong.push(`${otherwise} (${messageOf(error)})`);
    });
    return performance.now() - from;
  }

  /** Half of its requests fail from now on; resolves as soon as the ledger shows its healing in that phase. */
  async sicken(phase: 'draining' | 'verifying'): Promise<void> {
    await setFault(this.stage.member(sick), 'errors');
    await this.stage.phase(phase, phaseMs);
  }

  /** The same, but nothing is begun yet: it is out of rotation. */
  async sickenUntilOut(): Promise<void> {
    await setFault(this.stage.member(sick), 'errors');
    await eventually(async () => (await this.viewOf(this.stage.first))?.lifecycle === 'out', { timeoutMs: phaseMs });
  }

  /** Notes how long it took until the other leads, from a moment on the monotonic clock. */
  async takenOver(seat: SchedulerSeat, sinceMs: number, limitMs: number): Promise<void> {
    const left = limitMs - (performance.now() - sinceMs);
    const late = `nobody took over within ${seconds(limitMs)}`;
    await this.expectWithin(async () => (await this.stage.leads(seat)).leader, left, late);
    this.note(`the other led after ${seconds(performance.now() - sinceMs)}`);
  }

  /** Its healing is closed, one new process was begun, and it takes traffic again. */
  async endsWell(leader: SchedulerSeat): Promise<void> {
    const isWell = async (): Promise<boolean> => {
      const view = await this.viewOf(leader);
      const { zone, lifecycle, breaker, applied, action } = view ?? {};
      if ((await this.stage.ledger())?.open.length !== 0) throw new Error('its action is open');
      if (zone === 'green' && lifecycle === 'serving' && breaker?.state === 'closed' && action === null)
        return (applied ?? 0) > 0;
      throw new Error(`${zone}, ${lifecycle}, breaker ${breaker?.state}, action ${action}`);
    };
    const ms = await this.expectWithin(isWell, wellMs, 'it did not end well');
    const restarts = await this.stage.restarts();
    const once = isDeepStrictEqual(restarts, [`asked ${sick}`, `done ${sick}`]);
    this.expect(once, `restarts: ${restarts.join(', ') || 'none'}`);
    const outcomes = ((await this.stage.ledger())?.closed ?? []).map(({ outcome }) => outcome);
    const verified = outcomes.filter((outcome) => outcome !== 'overtaken');
    this.expect(isDeepStrictEqual(verified, ['verified']), `its actions ended ${outcomes.join(', ')}`);
    if (once) this.note(`one new process, back in rotation after ${seconds(ms)}`);
  }

  /** The files that NGINX has, and restarts so far: what may not change while nobody may act. */
  async picture(): Promise<string> {
    const files = await readlink(join(nginxPlace(this.stage.state).directory, 'current'));
    return [files, ...(await this.stage.restarts())].join(', ');
  }

  async viewOf({ watcher }: SchedulerSeat, id = sick): Promise<InstanceView | undefined> {
    return (await watcher.instances()).find(({ instance }) => instance === id);
  }

  /** After everything: clients, NGINX, tokens, both journals and the ledger. */
  async reckon({ name, fault, expected }: Trial, sinceMs: number): Promise<Row> {
    const { stage, wrong, notes } = this;
    const problem = await stage.nginxProblem();
    this.expect(problem === null, `nginx -t: ${problem ?? ''}`);
    this.expect(
      isDeepStrictEqual(
        stage.tokens,
        [...stage.tokens].sort((a, b) => a - b),
      ),
      `tokens ${stage.tokens.join()}`,
    );
    const { requests, errors, kinds } = stage.load.summary('before');
    this.expect(errors === 0, `${errors} of ${requests} GETs failed: ${JSON.stringify(kinds)}`);
    const evidence = await this.evidence();
    const proven = prove(evidence);
    wrong.push(...proven.breaches);
    const story = wrong.length > 0 ? lastWords(evidence) : [];
    if (wrong.length > 0) wrong.push(`kept in ${await keep(stage.state, { 'wrong.txt': wrong.join('\n') })}`);
    const seen = [...notes, ...wrong].join('; ');
    const took = Math.round((performance.now() - sinceMs) / 1000);
    return {
      name,
      fault,
      expected,
      seen,
      ok: wrong.length === 0,
      wrong,
      errors,
      requests,
      seconds: took,
      proven,
      story,
    };
  }

  private async evidence(): Promise<Evidence> {
    const { stage } = this;
    const ledger = await stage.ledger();
    for (const { program } of stage.schedulers) await program.end();
    const { configuration } = requireConfiguration(join(stage.state, 'first'), { env: {}, memo: new ServiceMemo() });
    return {
      journals: stage.schedulers.map(({ program: { name } }) =>
        readJournal(name, join(stage.state, `data-${name}`, 'scheduler', 'journal.db')),
      ),
      ledgers: ledger ? [{ service, ledger }] : [],
      policies: configuration.services,
      sizes: new Map([[service, stage.members.length]]),
    };
  }
}

/** Never rejects for what is not as expected. */
export const playTrial = async (trial: Trial, scene: Scene): Promise<Row> => {
  const from = performance.now();
  await trial.play(scene).catch((error: unknown) => {
    scene.wrong.push(messageOf(error));
  });
  return scene.reckon(trial, from);
};
