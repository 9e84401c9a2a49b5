import type { GatewayConfig } from '../../config/index.js';
import { Bell } from '../../lib/bell.js';
import type { Clock } from '../../lib/clock.js';
import { messageOf } from '../../lib/errors.js';
import type { Log } from '../../lib/log.js';
import type { GatewayView } from '../client/index.js';
import { type ApplyParts, applyRevision, NotOurs, StageFailure } from './apply.js';
import { Board } from './board.js';
import { type BudgetAnswer, type BudgetMemory, freshBudget, stepBudget } from './budget.js';
import { laneOf } from './manifest.js';
import { readMark } from './mark.js';
import { findMaster, liveGenerations } from './master.js';
import { isRefused, refuse, type Refusal } from './refusal.js';
import { findRevision, manifestOf } from './releases.js';
import { type Rendered, renderUpstreams, upstreamBlock } from './render.js';
import { readTemplates } from './templates.js';
import type { DesiredUpstream, Gateway } from './types.js';

/** How often the mark is asked whether NGINX still serves what we think. */
const lookMs = 5_000;
/** A served revision is given up only after so much silence: one lost answer is none. */
const silence = { looks: 3, pauseMs: 300 };

/** What was submitted last; the same wish has the same key. */
interface Desired {
  readonly key: string;
  readonly upstreams: readonly DesiredUpstream[];
}

const serversOf = ({ upstreams }: Desired): GatewayView['servers'] =>
  Object.fromEntries(upstreams.map(({ name, servers }) => [name, [...servers]]));

/** Follows what is wanted with what NGINX serves. Time is taken from the monotonic clock; only the view holds wall times. */
export class NginxGateway implements Gateway {
  readonly #bell = new Bell();
  readonly #board: Board;
  #desired: Desired | null = null;
  #rendered: { readonly key: string; readonly result: Rendered } | null = null;
  /** Revision that the budget was last asked about. */
  #followed: string | null = null;
  #budget: BudgetMemory;
  #refusal: Refusal | null = null;
  #pidFile: string | null = null;
  #lookAt = -Infinity;

  constructor(
    private readonly config: GatewayConfig,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly mayChange: () => boolean,
  ) {
    this.#board = new Board(clock);
    this.#budget = freshBudget(config, clock.mono());
  }

  submit(desired: readonly DesiredUpstream[]): void {
    const key = JSON.stringify(desired);
    // The same is wanted several times a second: there is nothing to look at, not even for templates.
    if (key === this.#desired?.key) return;
    this.#desired = { key, upstreams: desired };
    this.#bell.ring();
  }

  hold(): void {
    this.#desired = null;
  }

  view(): GatewayView {
    return this.#board.view;
  }

  rendered(upstream: string): string | null {
    return this.#rendered === null ? null : upstreamBlock(this.#rendered.result, upstream);
  }

  onChange(listener: (view: GatewayView) => void): void {
    this.#board.listen(listener);
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const waitMs = await this.#step(signal);
      await this.#bell.wait(this.clock, Math.max(0, Math.min(waitMs, this.#lookAt - this.clock.mono())), signal);
    }
  }

  /** Does what can be done now; answers for how long nothing else can. Never rejects. */
  async #step(signal: AbortSignal): Promise<number> {
    try {
      if (this.clock.mono() >= this.#lookAt) await this.#look(signal);
      const desired = signal.aborted || !this.mayChange() ? null : this.#desired;
      this.#board.comes(desired && serversOf(desired));
      const rendered = desired && (await this.#render(desired));
      return rendered === null ? this.#untilRetry() : await this.#follow(rendered, signal);
    } catch (thrown) {
      this.#fail(new StageFailure('write', messageOf(thrown)), this.#board.served?.revision ?? 'none', 'step');
      return this.#untilRetry();
    } finally {
      this.#board.comes(null);
    }
  }

  /** Renders anew when the input, or a template, changed. Null: it cannot be rendered, and that has been told. */
  async #render(desired: Desired): Promise<Rendered | null> {
    let { key } = desired;
    try {
      const templates = await readTemplates(this.config.templates);
      key += JSON.stringify(templates);
      if (this.#rendered?.key === key) return this.#rendered.result;
      if (isRefused(this.#refusal, key, this.clock.mono())) return null;
      const result = renderUpstreams(desired.upstreams, this.config, templates);
      this.#rendered = { key, result };
      if (result.leftOut.length > 0) this.log.warn({ leftOut: result.leftOut }, 'servers are left out of the gateway');
      return result;
    } catch (thrown) {
      if (!isRefused(this.#refusal, key, this.clock.mono())) {
        this.#fail(new StageFailure('render', messageOf(thrown)), 'none', key);
      }
      return null;
    }
  }

  /** Spends the budget, or waits for it. */
  async #follow(rendered: Rendered, signal: AbortSignal): Promise<number> {
    const { served } = this.#board;
    const { revision, manifest } = rendered;
    const now = this.clock.mono();
    const differs = served?.revision !== revision;
    if (differs && isRefused(this.#refusal, revision, now)) return this.#untilRetry();
    const answer = this.#spend(
      {
        lane: differs ? laneOf(served?.manifest ?? null, manifest) : null,
        changed: this.#followed !== revision,
        generations: differs ? await this.#generations() : 1,
      },
      now,
    );
    this.#followed = revision;
    if (answer.do === 'wait') return answer.until - now;
    if (answer.do === 'reload') await this.#apply(rendered, signal);
    return answer.do === 'reload' ? 0 : lookMs;
  }

  #spend(input: Parameters<typeof stepBudget>[1], now: number): BudgetAnswer {
    const { memory, answer } = stepBudget(this.#budget, input, this.config, now);
    this.#budget = memory;
    return answer;
  }

  async #apply(rendered: Rendered, signal: AbortSignal): Promise<void> {
    const { revision, manifest, leftOut } = rendered;
    try {
      const good = this.#board.served?.revision ?? null;
      const { reloadMs } = await applyRevision(rendered, good, this.#parts(), signal);
      this.#refusal = null;
      this.#board.serves({ revision, manifest });
      const text = [`new workers serve ${revision}`, ...leftOut.map((each) => `left out: ${each}`)].join('; ');
      this.#board.tell({ revision, ok: true, stage: 'done', text, reloadMs });
      this.log.info({ revision, reloadMs }, 'the gateway serves a new revision');
    } catch (thrown) {
      if (signal.aborted || thrown instanceof NotOurs) return;
      const failure = thrown instanceof StageFailure ? thrown : new StageFailure('reload', messageOf(thrown));
      if (failure.dead) this.#board.forget();
      this.#fail(failure, revision, revision);
      // What is served after a roll-back is read, not assumed.
      await this.#look(signal);
    }
  }

  #parts(): ApplyParts {
    return {
      config: this.config,
      clock: this.clock,
      mayChange: this.mayChange,
      onReload: () => {
        this.#board.countReload();
      },
      onPidFile: (path: string) => {
        this.#pidFile = path;
      },
    };
  }

  /** Reads back what NGINX serves: on start, after a failure, and now and then, since others start and stop it too. */
  async #look(signal: AbortSignal): Promise<void> {
    const first = this.#lookAt === -Infinity;
    const seen = await this.#seen(signal);
    if (signal.aborted) return;
    this.#lookAt = this.clock.mono() + lookMs;
    if (seen === (this.#board.served?.revision ?? null)) this.#board.confirm();
    else if (seen === null) this.#lose();
    else await this.#readBack(seen, first);
  }

  async #seen(signal: AbortSignal): Promise<string | null> {
    for (let looks = 1; ; looks++) {
      const seen = await readMark(this.config.mark, signal);
      if (seen !== null || this.#board.served === null || looks === silence.looks || signal.aborted) return seen;
      await this.clock.sleep(silence.pauseMs, signal).catch(() => undefined);
    }
  }

  /** It serves something that we did not just bring there. */
  async #readBack(revision: string, first: boolean): Promise<void> {
    const folder = await findRevision(this.config.directory, revision);
    const manifest = folder === null ? null : await manifestOf(folder);
    if (manifest === null) this.log.warn({ revision }, 'NGINX serves a revision whose manifest cannot be read');
    this.#board.serves({ revision, manifest });
    this.#refusal = null;
    if (first) this.#board.announce();
    else
      this.#board.tell({ revision, ok: true, stage: 'done', text: `NGINX answers with ${revision}`, reloadMs: null });
  }

  /** Nobody answers any more. Said once. */
  #lose(): void {
    const revision = this.#board.served?.revision ?? 'none';
    const { host, port } = this.config.mark;
    const text = `NGINX does not answer on ${host}:${port}: it does not run, or no longer includes our files`;
    this.#board.forget();
    this.log.error({ revision }, 'NGINX does not answer for its revision any more');
    this.#board.tell({ revision, ok: false, stage: 'prove', text, reloadMs: null });
  }

  #fail(failure: StageFailure, revision: string, key: string): void {
    this.#refusal = refuse(this.#refusal, key, this.clock.mono());
    const { attempts } = this.#refusal;
    this.log.error({ stage: failure.stage, revision, why: failure.message, attempts }, 'the gateway was not changed');
    this.#board.tell({ revision, ok: false, stage: failure.stage, text: failure.message, reloadMs: null });
  }

  #untilRetry(): number {
    const untilMs = (this.#refusal?.until ?? Infinity) - this.clock.mono();
    return untilMs > 0 ? Math.min(untilMs, lookMs) : lookMs;
  }

  async #generations(): Promise<number> {
    if (this.#pidFile === null) return 1;
    const { pid } = await findMaster(this.#pidFile);
    return pid === null ? 1 : liveGenerations(pid);
  }
}
