/** One story from the fault to its end: watches, folds, judges; decides nothing that Ballast should decide. */
import { setTimeout as delay } from 'node:timers/promises';
import type { InstanceView } from '../../../scheduler/client/index.js';
import type { Environment } from '../environment/index.js';
import type { Member } from '../fleet/roster.js';
import type { Load } from '../load/load.js';
import { judge, type Judgement, type StoryFault, type Told } from './endings.js';
import { newTimeline, stages, stepTimeline, type Sample, type Timeline } from './timeline.js';
import { processAt, setFault, Watcher } from './watcher.js';

export interface Plot {
  readonly fault: StoryFault;
  readonly member: Member;
  /** All instances of its service. */
  readonly service: readonly Member[];
  readonly load: Load;
  readonly environment: Environment;
  readonly signal: AbortSignal;
  readonly deadlineSeconds: number;
  /** A line for people; seconds since the fault. */
  readonly tell: (at: number, text: string) => void;
}

export interface Outcome {
  readonly timeline: Timeline;
  readonly ok: boolean;
  readonly why: string;
  readonly reloads: number;
}

const watchEveryMs = 100;
/** Made by NGINX itself: the services of the demo never answer with these. */
const gatewayStatuses = ['502', '503', '504'] as const;

/** Whatever could not be asked just now is not known: the last picture stays. */
const orNull = async <T>(asked: Promise<T>): Promise<T | null> => asked.catch(() => null);

export class Story {
  private readonly watcher: Watcher;
  private timeline: Timeline;
  private views: readonly InstanceView[] = [];
  private actions: Told['actions'] = [];
  private allWell = false;
  private liftedAt: number | null = null;
  private journalSeen = 0;

  constructor(private readonly plot: Plot) {
    const { environment, signal } = plot;
    this.watcher = new Watcher(environment.engineUrl, environment.schedulerUrl, signal);
    this.timeline = newTimeline(0, '');
  }

  async play(): Promise<Outcome> {
    const { member, fault, service, load, signal, deadlineSeconds, tell } = this.plot;
    const reloadsBefore = (await this.watcher.gateway(member.service)).reloads;
    this.journalSeen = Math.max(0, ...(await this.watcher.journal(0)).map(({ seq }) => seq));
    this.timeline = newTimeline(await this.weightNow(), (await processAt(member)) ?? '');
    load.enter('during');
    const from = performance.now();
    const since = (): number => (performance.now() - from) / 1000;
    await this.inject(fault);
    tell(
      since(),
      `FAULT     ${fault === 'shared' ? `errors on ${service.map(({ id }) => id).join(', ')}` : `${fault} on ${member.id}`}`,
    );
    for (;;) {
      signal.throwIfAborted();
      await this.look(since());
      const judgement = judge(fault, member.id, this.told(since()));
      if (judgement.state === 'over') return this.outcome(judgement, reloadsBefore);
      if (judgement.state === 'lift') await this.lift(since());
      if (since() > deadlineSeconds) return this.outcome(this.late(judgement), reloadsBefore);
      await delay(watchEveryMs);
    }
  }

  private targets(): readonly Member[] {
    return this.plot.fault === 'shared' ? this.plot.service : [this.plot.member];
  }

  private async inject(fault: StoryFault): Promise<void> {
    await Promise.all(this.targets().map((member) => setFault(member, fault === 'shared' ? 'errors' : fault)));
  }

  private async lift(at: number): Promise<void> {
    await Promise.all(this.targets().map((member) => setFault(member, 'none')));
    this.liftedAt = at;
    this.plot.tell(at, 'LIFTED    the fault is taken away again');
  }

  private async weightNow(): Promise<number> {
    const view = (await this.watcher.instances()).find(({ instance }) => instance === this.plot.member.id);
    return view?.applied ?? 0;
  }

  private async look(at: number): Promise<void> {
    const { member, tell } = this.plot;
    const [zones, views, actions, process, entries] = await Promise.all([
      orNull(this.watcher.zones()),
      orNull(this.watcher.instances()),
      orNull(this.watcher.actions()),
      processAt(member),
      orNull(this.watcher.journal(this.journalSeen)),
    ]);
    if (views) this.views = views;
    if (actions) this.actions = actions.map(({ instance, outcome }) => ({ instance, outcome }));
    this.tellJournal(at, entries ?? []);
    const view = this.views.find(({ instance }) => instance === member.id);
    const sample: Sample = {
      at: Math.round(at * 10) / 10,
      zone: zones?.get(member.id) ?? null,
      lifecycle: view?.lifecycle ?? null,
      applied: views ? (view?.applied ?? null) : undefined,
      process,
    };
    this.allWell = this.plot.service.every(
      ({ id }) =>
        zones?.get(id) === 'green' &&
        this.views.find(({ instance }) => instance === id)?.applied === this.timeline.weight,
    );
    const before = this.timeline.seconds;
    this.timeline = stepTimeline(this.timeline, sample);
    for (const stage of stages)
      if (before[stage] === null && this.timeline.seconds[stage] !== null) tell(at, `>>>       ${member.id}: ${stage}`);
  }

  private tellJournal(
    at: number,
    entries: readonly { seq: number; code: string | null; instance: string | null; text: string }[],
  ): void {
    for (const { seq, code, instance, text } of entries) {
      this.journalSeen = Math.max(this.journalSeen, seq);
      this.plot.tell(at, `${(code ?? '').padEnd(9)} ${instance ? `${instance}: ` : ''}${text}`);
    }
  }

  private told(at: number): Told {
    const kinds = this.plot.load.kinds('during');
    return {
      at,
      seconds: this.timeline.seconds,
      liftedAt: this.liftedAt,
      actions: this.actions,
      allWell: this.allWell,
      gatewayErrors: gatewayStatuses.reduce((sum, status) => sum + (kinds[status] ?? 0), 0),
    };
  }

  private late(judgement: Judgement): Judgement & { state: 'over' } {
    const waitsFor = judgement.state === 'goes-on' ? judgement.waitsFor : 'the end';
    const view = this.views.find(({ instance }) => instance === this.plot.member.id);
    const held = view?.heldBack.map(({ code, text }) => `${code} ${text}`).join('; ');
    const now = view
      ? ` (${view.zone}, ${view.lifecycle}, weight ${view.applied ?? 'none'}${held ? `; held back by ${held}` : ''})`
      : '';
    return {
      state: 'over',
      ok: false,
      why: `after ${this.plot.deadlineSeconds} s still waiting for ${waitsFor}${now}`,
    };
  }

  private async outcome({ ok, why }: Judgement & { state: 'over' }, reloadsBefore: number): Promise<Outcome> {
    const after = await orNull(this.watcher.gateway(this.plot.member.service));
    return { timeline: this.timeline, ok, why, reloads: after ? after.reloads - reloadsBefore : 0 };
  }
}
