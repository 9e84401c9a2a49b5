/** One death: an instance is sick, its scheduler dies at one of its calls, another takes over, and all must be well. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../../lib/errors.js';
import { eventually } from '../../support/eventually.js';
import { keep } from '../keep.js';
import { lastWords, prove, type Proven } from '../proof/index.js';
import { readJournal } from '../proof/read.js';
import { type Fleet, lookAround, whatWasDone } from './done.js';
import { type CrashMember, service, tell } from './fleet.js';
import type { Ground } from './ground.js';
import { fateFiles, type Point } from './mortal.js';
import { Seat } from './seat.js';

/** Who takes over: another scheduler that waits on its own host, or the same one, started again on its own data. */
export type Heir = 'another' | 'itself';

export interface Death {
  readonly point: Point | null;
  readonly heir: Heir;
  /** The how manieth of the fleet is sick. */
  readonly nth: number;
}

export interface Played {
  /** What the first one called, from the fault on; empty once it was replaced by itself. */
  readonly calls: readonly string[];
  readonly died: boolean;
  /** Whatever is not as it should be, in words; empty: all is well. */
  readonly wrong: readonly string[];
  readonly proven: Proven;
  readonly requests: number;
  readonly errors: number;
  /** The last lines of all journals. */
  readonly story: readonly string[];
  /** Of a gentle step: asked once more by the next leader, who could not know. */
  readonly twice: boolean;
  /** Seconds until the stage was set, until the scheduler was dead or done, and until all was well. */
  readonly took: readonly [set: number, dead: number, well: number];
}

/** On a busy machine everything takes its time; what never happens is told after this. */
const limitMs = 90_000;

const within = { timeoutMs: limitMs, everyMs: 25 } as const;

class Play {
  private readonly seats: Seat[] = [];
  private before: Fleet = new Map();
  private readonly wrong: string[] = [];
  private readonly marks = [performance.now()];

  constructor(
    private readonly ground: Ground,
    private readonly death: Death,
    private readonly sick: CrashMember,
  ) {}

  async play(): Promise<Played> {
    const { ground, death, sick } = this;
    await ground.forget();
    for (const member of ground.fleet.members) await tell(member, 'cure');
    const first = await this.enter('first', death.point);
    const [heir] = await Promise.all([
      death.point && death.heir === 'another' ? this.enter('second', null) : first,
      eventually(() => this.isSettled(first), within),
    ]);
    this.before = await lookAround(ground);
    await ground.fleet.begun();
    ground.load.take();
    this.mark();
    await first.begin();
    await tell(sick, 'fault');
    const died = await this.untilDeathOrEnd(first);
    this.mark();
    const before = await this.callsOf(first);
    if (died) {
      await ground.expireSession();
      if (heir === first) await first.start(null);
    }
    await this.untilWell(died ? heir : first);
    this.mark();
    await ground.options.notify?.untilTold().catch((error: unknown) => {
      this.wrong.push(`not all was told: ${messageOf(error)}`);
    });
    const calls = died ? before : await this.callsOf(first);
    const [start = 0, set = 0, dead = 0, well = 0] = this.marks;
    const took = [set - start, dead - set, well - dead].map((ms) => ms / 1000) as [number, number, number];
    return { calls, died, took, ...(await this.reckon()) };
  }

  private mark(): void {
    this.marks.push(performance.now());
  }

  private async enter(name: string, doom: Point | null): Promise<Seat> {
    const seat = await Seat.make(this.ground, name);
    this.seats.push(seat);
    await seat.start(doom);
    // Who comes first leads.
    if (this.seats.length === 1) await eventually(() => seat.leads(), within);
    return seat;
  }

  /** Everybody has full weight, and the scoring window of the new leader is over. */
  private async isSettled(seat: Seat): Promise<boolean> {
    const views = await seat.watcher.instances();
    return (
      views.length === this.ground.fleet.members.length &&
      views.every(({ zone, lifecycle, applied }) => zone === 'green' && lifecycle === 'serving' && applied === 100)
    );
  }

  private async untilDeathOrEnd(first: Seat): Promise<boolean> {
    await eventually(async () => !first.program.runs || (await this.isOver()), within).catch((error: unknown) => {
      this.wrong.push(`neither died nor ended: ${messageOf(error)}`);
    });
    // What comes after the last write to the ledger comes at once.
    if (this.death.point) await eventually(() => !first.program.runs, { timeoutMs: 5_000 }).catch(() => undefined);
    return !first.program.runs;
  }

  /** A gentle step whose scheduler died in it may have been done: who finds the instance green has nothing left to prove. */
  private isUnknowable(): boolean {
    return this.ground.options.step.do === 'gentle' && (this.death.point?.call.startsWith('stepping: ') ?? false);
  }

  private async isOver(): Promise<boolean> {
    const ledger = await this.ground.ledger();
    const ended = ledger?.closed.some(({ outcome }) => outcome !== 'overtaken' || this.isUnknowable()) ?? false;
    return ended && ledger?.open.length === 0;
  }

  private async callsOf({ fate }: Seat): Promise<readonly string[]> {
    const text = await readFile(join(fate, fateFiles.calls), 'utf8').catch(() => '');
    return text.split('\n').filter(Boolean);
  }

  /** The action is closed, and the instance is in rotation again. */
  private async untilWell(leader: Seat): Promise<void> {
    const isWell = async (): Promise<true> => {
      const view = (await leader.watcher.instances()).find(({ instance }) => instance === this.sick.id);
      if (!(await leader.leads())) throw new Error('nobody leads');
      const left = await this.ground.fleet.leftOver();
      if (left.length > 0) throw new Error(`left over: ${left.join(', ')}`);
      const { zone, lifecycle, breaker, applied, action, heldBack } = view ?? {};
      const seen = `${zone}, ${lifecycle}, breaker ${breaker?.state}, weight ${applied}, action ${action}; held back by ${heldBack?.map(({ code, text }) => `${code} ${text}`).join('; ')}`;
      if (!(await this.isOver())) throw new Error(`no closed action; ${seen}`);
      if (zone === 'green' && lifecycle === 'serving' && breaker?.state === 'closed' && (applied ?? 0) > 0) return true;
      throw new Error(seen);
    };
    await eventually(isWell, within).catch((error: unknown) => {
      this.wrong.push(`it did not end well: ${messageOf(error)}`);
    });
  }

  private async reckon(): Promise<Omit<Played, 'calls' | 'died' | 'took'>> {
    const { ground, sick, wrong } = this;
    const { wrong: done, twice } = await whatWasDone(ground, this.before, sick, this.isUnknowable());
    wrong.push(...done);
    const ledger = await ground.ledger();
    // What was given up before its step did nothing, and is begun again: on a busy machine scores are late now and then.
    const outcomes = (ledger?.closed ?? []).map(({ outcome }) => outcome);
    const proved = outcomes.filter((outcome) => outcome !== 'overtaken').join();
    if (proved !== 'verified' && !(proved === '' && this.isUnknowable()))
      wrong.push(`its actions ended ${outcomes.join() || 'never'}`);
    const { requests, errors, kinds } = ground.load.take();
    if (errors > 0) wrong.push(`${errors} of ${requests} requests failed: ${JSON.stringify(kinds)}`);
    // As it was when it went wrong; what the rest of this finds needs no more than the journals.
    const seen = wrong.length > 0 ? await this.picture() : null;
    await this.end();
    const journals = this.seats.map(({ name, directory }) => readJournal(name, join(directory, 'data', 'journal.db')));
    const ledgers = ledger ? [{ service, ledger }] : [];
    const sizes = new Map([[service, ground.fleet.members.length]]);
    const evidence = { journals, ledgers, policies: ground.policies(), sizes };
    const proven = prove(evidence);
    wrong.push(...proven.breaches);
    if (wrong.length > 0) {
      const texts = { ...seen, 'death.json': JSON.stringify(this.death), 'wrong.txt': wrong.join('\n') };
      wrong.push(`kept in ${await keep(ground.state, texts)}`);
    }
    return { wrong, proven, requests, errors, twice, story: lastWords(evidence) };
  }

  private async picture(): Promise<Readonly<Record<string, string>>> {
    const texts: Record<string, string> = { 'engine.log': this.ground.engineLog() };
    const { url, engineUrl } = { url: this.ground.consul.url, engineUrl: this.ground.engineUrl };
    const asked = {
      'kv.json': `${url}/v1/kv/?recurse`,
      'catalog.json': `${url}/v1/health/service/${service}`,
      'scores.json': `${engineUrl}/v1/scores`,
      ...Object.fromEntries(this.seats.map((seat) => [`instances-${seat.name}.json`, `${seat.url}/v1/instances`])),
    };
    for (const [name, from] of Object.entries(asked))
      texts[name] = await fetch(from).then((answer) => answer.text(), messageOf);
    return texts;
  }

  async end(): Promise<void> {
    for (const { program } of this.seats) await program.end();
  }
}

export const play = async (ground: Ground, death: Death): Promise<Played> => {
  const { members } = ground.fleet;
  const sick = members[death.nth % members.length];
  if (!sick) throw new Error('the fleet is empty');
  const one = new Play(ground, death, sick);
  return one.play().finally(() => one.end());
};
