import type { GatewayConfig } from '../../config/index.js';
import { Bell } from '../../lib/bell.js';
import type { Clock } from '../../lib/clock.js';
import type { Log } from '../../lib/log.js';
import type { GatewayView } from '../client/index.js';
import { applyRevision, type ApplyParts, StageFailure } from './apply.js';
import { type BudgetMemory, freshBudget, stepBudget } from './budget.js';
import { laneOf, type Manifest, servedBy } from './manifest.js';
import { readMark } from './mark.js';
import { findMaster, liveGenerations } from './master.js';
import { findRevision, manifestOf } from './releases.js';
import { messageOf } from '../../lib/errors.js';
import { type Rendered, renderUpstreams, upstreamBlock } from './render.js';
import { readTemplates } from './templates.js';
import type { DesiredUpstream, Gateway } from './types.js';

/** How often the mark is asked whether NGINX still serves what we think; silence is believed after this many in a row. */
const lookMs = 5_000;
const silentLooks = 3;
const silentLookMs = 300;
/** Between two attempts with the same content: whoever must act needs about that long. */
const retry = { firstMs: 1_000, maxMs: 60_000 };

interface Served {
  readonly revision: string;
  /** Null: its folder has none, or a broken one: what it serves is unknown. */
  readonly manifest: Manifest | null;
}

interface Refused {
  readonly key: string;
  readonly attempts: number;
  readonly until: number;
}

/** Follows what is wanted with what NGINX serves. All timing is by the monotonic clock; `view` holds wall times. */
export class NginxGateway implements Gateway {
  readonly #bell = new Bell();
  readonly #listeners: ((view: GatewayView) => void)[] = [];
  #desired: readonly DesiredUpstream[] | null = null;
  #rendered: { readonly key: string; readonly result: Rendered } | null = null;
  #served: Served | null = null;
  #budget: BudgetMemory;
  #refused: Refused | null = null;
  #pidFile: string | null = null;
  #lookAt = 0;
  #looked = false;
  #view: GatewayView = { revision: null, provenAt: null, servers: {}, last: null, reloads: 0, failures: 0 };

  constructor(
    private readonly config: GatewayConfig,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {
    this.#budget = freshBudget(config, clock.mono());
  }

  submit(desired: readonly DesiredUpstream[]): void {
    this.#desired = desired;
    this.#bell.ring();
  }

  view(): GatewayView {
    return this.#view;
  }

  rendered(upstream: string): string | null {
    return this.#rendered === null ? null : upstreamBlock(this.#rendered.result, upstream);
  }

  onChange(listener: (view: GatewayView) => void): void {
    this.#listeners.push(listener);
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const waitMs = await this.#step(signal);
      await this.#bell.wait(this.clock, Math.max(0, Math.min(waitMs, this.#lookAt - this.clock.mono())), signal);
    }
  }

  /** Does what can be done now; answers how long nothing else can. Never rejects. */
  async #step(signal: AbortSignal): Promise<number> {
    try {
      if (this.clock.mono() >= this.#lookAt) await this.#look(signal);
      if (this.#desired === null || signal.aborted) return lookMs;
      return await this.#follow(this.#desired, signal);
    } catch (thrown) {
      if (signal.aborted) return 0;
      const failure = thrown instanceof StageFailure ? thrown : new StageFailure('render', messageOf(thrown));
      this.#fail(failure, this.#served?.revision ?? 'none', messageOf(thrown));
      return retry.firstMs;
    }
  }

  async #follow(desired: readonly DesiredUpstream[], signal: AbortSignal): Promise<number> {
    const before = this.#rendered?.result.revision;
    const rendered = await this.#render(desired);
    if (rendered === null) return this.#untilRetry();
    const now = this.clock.mono();
    const same = rendered.revision === this.#served?.revision;
    const { memory, answer } = stepBudget(
      this.#budget,
      {
        lane: same ? null : laneOf(this.#served?.manifest ?? null, rendered.manifest),
        changed: before !== rendered.revision,
        generations: same ? 1 : await this.#generations(),
      },
      this.config,
      now,
    );
    if (answer.do === 'reload' && this.#refused?.key === rendered.revision && this.#refused.until > now) {
      return this.#untilRetry();
    }
    this.#budget = memory;
    if (answer.do === 'nothing') return lookMs;
    if (answer.do === 'wait') return answer.until - now;
    await this.#apply(rendered, signal);
    return 0;
  }

  /** Renders anew when the input, or a template, changed. Null: it cannot be rendered, and that has been told. */
  async #render(desired: readonly DesiredUpstream[]): Promise<Rendered | null> {
    let key = JSON.stringify(desired);
    try {
      const templates = await readTemplates(this.config.templates);
      key += JSON.stringify(templates);
      if (this.#rendered?.key === key) return this.#rendered.result;
      if (this.#refused?.key === key && this.#refused.until > this.clock.mono()) return null;
      const result = renderUpstreams(desired, this.config, templates);
      this.#rendered = { key, result };
      if (result.leftOut.length > 0)
        this.log.warn({ leftOut: result.leftOut }, 'left out of the gateway: not fit for a configuration');
      return result;
    } catch (thrown) {
      if (this.#refused?.key !== key || this.#refused.until <= this.clock.mono()) {
        this.#fail(new StageFailure('render', messageOf(thrown)), 'none', key);
      }
      return null;
    }
  }

  async #apply(rendered: Rendered, signal: AbortSignal): Promise<void> {
    const { revision } = rendered;
    try {
      const { reloadMs } = await applyRevision(rendered, this.#served?.revision ?? null, this.#parts(), signal);
      this.#refused = null;
      this.#adopt({ revision, manifest: rendered.manifest });
      const left = rendered.leftOut.length > 0 ? `; left out: ${rendered.leftOut.join('; ')}` : '';
      this.#tell({ revision, ok: true, stage: 'done', text: `new workers serve ${revision}${left}`, reloadMs });
      this.log.info({ revision, reloadMs }, 'the gateway serves a new revision');
    } catch (thrown) {
      if (signal.aborted) return;
      const failure = thrown instanceof StageFailure ? thrown : new StageFailure('reload', messageOf(thrown));
      if (failure.dead) this.#forget();
      this.#fail(failure, revision, revision);
      // What a roll-back serves is read, not assumed.
      await this.#look(signal);
    }
  }

  #parts(): ApplyParts {
    return {
      config: this.config,
      clock: this.clock,
      onReload: () => {
        this.#view = { ...this.#view, reloads: this.#view.reloads + 1 };
      },
      onPidFile: (path) => {
        this.#pidFile = path;
      },
    };
  }

  /** Reads back what NGINX serves. On start, after a failure, and now and then: NGINX may die, or be started by somebody. */
  async #look(signal: AbortSignal): Promise<void> {
    const seen = await this.#seen(signal);
    if (signal.aborted) return;
    this.#lookAt = this.clock.mono() + lookMs;
    const first = !this.#looked;
    this.#looked = true;
    if (seen === (this.#served?.revision ?? null)) {
      if (seen !== null) this.#view = { ...this.#view, provenAt: this.clock.now() };
    } else if (seen === null) {
      this.#lose();
    } else {
      await this.#readBack(seen, first);
    }
  }

  /** NGINX serves something that we did not just bring there: before our start, or started or reloaded by somebody. */
  async #readBack(revision: string, first: boolean): Promise<void> {
    const folder = await findRevision(this.config.directory, revision);
    const manifest = folder === null ? null : await manifestOf(folder);
    if (manifest === null) this.log.warn({ revision }, 'NGINX serves a revision whose manifest cannot be read');
    this.#adopt({ revision, manifest });
    this.#refused = null;
    if (first) this.#announce();
    else this.#tell({ revision, ok: true, stage: 'done', text: `NGINX answers with ${revision}`, reloadMs: null });
  }

  async #seen(signal: AbortSignal): Promise<string | null> {
    for (let i = 1; ; i++) {
      const seen = await readMark(this.config.mark, signal);
      if (seen !== null || i === silentLooks || this.#served === null || signal.aborted) return seen;
      await this.clock.sleep(silentLookMs, signal).catch(() => undefined);
    }
  }

  /** Nobody answers any more: what is served is unknown. Said once. */
  #lose(): void {
    const revision = this.#served?.revision ?? 'none';
    this.#forget();
    const { host, port } = this.config.mark;
    const text = `NGINX does not answer on ${host}:${port}: it does not run, or no longer includes our files`;
    this.log.error({ revision }, 'NGINX does not answer for its revision any more');
    this.#view = { ...this.#view, failures: this.#view.failures + 1 };
    this.#tell({ revision, ok: false, stage: 'prove', text, reloadMs: null });
  }

  #forget(): void {
    this.#served = null;
    this.#view = { ...this.#view, revision: null, provenAt: null, servers: {} };
  }

  #adopt(served: Served): void {
    this.#served = served;
    this.#lookAt = this.clock.mono() + lookMs;
    const servers = served.manifest ? servedBy(served.manifest) : {};
    this.#view = { ...this.#view, revision: served.revision, provenAt: this.clock.now(), servers };
  }

  #fail(failure: StageFailure, revision: string, key: string): void {
    const attempts = this.#refused?.key === key ? this.#refused.attempts + 1 : 1;
    const pauseMs = Math.min(retry.maxMs, retry.firstMs * 2 ** Math.min(attempts - 1, 10));
    this.#refused = { key, attempts, until: this.clock.mono() + pauseMs };
    this.#view = { ...this.#view, failures: this.#view.failures + 1 };
    this.log.error(
      { stage: failure.stage, revision, why: failure.message, pauseMs },
      'the gateway could not be changed',
    );
    this.#tell({ revision, ok: false, stage: failure.stage, text: failure.message, reloadMs: null });
  }

  #tell(last: Omit<NonNullable<GatewayView['last']>, 'at'>): void {
    this.#view = { ...this.#view, last: { at: this.clock.now(), ...last } };
    this.#announce();
  }

  #announce(): void {
    for (const listener of this.#listeners) listener(this.#view);
  }

  #untilRetry(): number {
    return this.#refused === null ? lookMs : Math.max(0, this.#refused.until - this.clock.mono());
  }

  async #generations(): Promise<number> {
    if (this.#pidFile === null) return 1;
    const { pid } = await findMaster(this.#pidFile);
    return pid === null ? 1 : liveGenerations(pid);
  }
}
