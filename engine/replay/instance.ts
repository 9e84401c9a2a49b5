/** The history of one instance, judged again: what it was, what it would have been, and where the two differ. */
import { traffic as trafficDefaults } from '../../config/defaults.js';
import type { ServicePolicy } from '../../config/index.js';
import type { ReplayDifference, ReplayedInstance } from '../client/index.js';
import { upCode, upWords, zoneCode, zoneWords, type Stretch } from '../store/index.js';
import { FaringCount, type ShareRule } from './faring.js';
import { FastJudge } from './fast-judge.js';
import { FastScore } from './fast-score.js';
import { Feed } from './feed.js';
import { PipelineJudge, type Judge } from './judge.js';
import type { PastPolicy } from './recorded-policy.js';

/** So many differences are told with their times. */
const told = 5;

type Open = { -readonly [key in keyof ReplayDifference]: ReplayDifference[key] };

const number = (value: number | undefined): number | null =>
  value === undefined || Number.isNaN(value) ? null : value;

export const judgeFor = (policy: ServicePolicy): Judge =>
  FastScore.fits(policy) ? new FastJudge(policy) : new PipelineJudge(policy);

export class InstanceReplay {
  readonly #candidate: ServicePolicy;
  readonly #feed: Feed;
  readonly #judge: Judge;
  readonly #recorded = new FaringCount();
  readonly #would = new FaringCount();
  readonly #differences: Open[] = [];
  readonly #rule: ShareRule;
  readonly #pastRules = new Map<string, ShareRule>();
  #open: Open | null = null;
  #differs = 0;
  #differsMs = 0;
  #last = -Infinity;
  first: number | null = null;
  evaluations = 0;

  constructor(
    readonly instance: string,
    candidate: ServicePolicy,
    private readonly policies: ReadonlyMap<string, PastPolicy>,
  ) {
    this.#candidate = candidate;
    this.#feed = new Feed(candidate, policies);
    this.#judge = judgeFor(candidate);
    this.#rule = { zones: candidate.scoring.zones, floor: (candidate.traffic ?? trafficDefaults).floor };
  }

  get last(): number | null {
    return this.first === null ? null : this.#last;
  }

  /**
   * Points from before the time bring the candidate to where it would be, and are not told; later ones are passed over, and
   * so are those that are not newer than the last.
   */
  take(part: Stretch, from: number, to: number): void {
    const { columns } = part;
    const rule = this.#ruleOf(part.policy);
    for (let i = 0; i < columns.count; i += 1) {
      const at = columns.times[i] ?? 0;
      if (at > to || at <= this.#last) continue;
      if (at < from) {
        this.#runIn(part, i, at);
        continue;
      }
      this.#passUntil(at);
      const state = columns.states[i] ?? 0;
      const down = upWords[upCode(state)] === 'down';
      const zone = zoneWords[zoneCode(state)] ?? 'unknown';
      this.#recorded.become(zone, number(columns.raw[i]), number(columns.smoothed[i]), down, rule);
      this.#judge.step(this.#feed.read(part, i));
      const { zone: would, score, smoothed } = this.#judge;
      this.#would.become(would, score, smoothed, down, this.#rule);
      this.#compare(at);
      this.first ??= at;
      this.#last = at;
      this.evaluations += 1;
    }
  }

  get result(): ReplayedInstance {
    return {
      instance: this.instance,
      evaluations: this.evaluations,
      recorded: this.#recorded.faring,
      candidate: this.#would.faring,
      differences: this.#differs,
      differsMs: this.#differsMs,
      first: this.#differences,
    };
  }

  /** Evaluations are an interval apart; a few lost scrapes are no gap, a longer silence makes both unknown. */
  #passUntil(at: number): void {
    if (this.first === null) return this.#expireUntil(at);
    const { limit, gap, isLong } = this.#gapUntil(at);
    if (!isLong) return this.#pass(gap);
    this.#pass(limit);
    const expired = this.#last + limit;
    this.#judge.expire(expired);
    for (const side of [this.#recorded, this.#would]) side.become('unknown', null, null, false, this.#rule);
    this.#compare(expired);
    this.#pass(gap - limit);
  }

  #gapUntil(at: number): { readonly limit: number; readonly gap: number; readonly isLong: boolean } {
    const { scoring, scrape } = this.#candidate;
    const limit = scoring.staleIntervals * scrape.intervalMs;
    const gap = at - this.#last;
    return { limit, gap, isLong: Number.isFinite(gap) && gap > limit + 1.5 * scrape.intervalMs };
  }

  /** What was judged under a policy that history cannot answer beside is no help. */
  #runIn(part: Stretch, i: number, at: number): void {
    if (!this.policies.has(part.policy)) return;
    this.#expireUntil(at);
    this.#judge.step(this.#feed.read(part, i));
    this.#last = at;
  }

  #expireUntil(at: number): void {
    const { limit, isLong } = this.#gapUntil(at);
    if (isLong) this.#judge.expire(this.#last + limit);
  }

  #pass(ms: number): void {
    this.#recorded.pass(ms);
    this.#would.pass(ms);
    if (this.#recorded.zone !== this.#would.zone) this.#differsMs += ms;
  }

  /** A difference lasts as long as neither zone changes. */
  #compare(at: number): void {
    const [recorded, candidate] = [this.#recorded, this.#would];
    const open = this.#open;
    if (open && open.recorded.zone === recorded.zone && open.candidate.zone === candidate.zone) return;
    if (open) open.until = at;
    this.#open = null;
    if (recorded.zone === candidate.zone) return;
    this.#differs += 1;
    this.#open = {
      at,
      until: null,
      recorded: { zone: recorded.zone, score: recorded.score },
      candidate: { zone: candidate.zone, score: candidate.score },
      cause: this.#differences.length < told ? this.#judge.cause() : null,
    };
    if (this.#differences.length < told) this.#differences.push(this.#open);
  }

  #ruleOf(hash: string): ShareRule {
    const known = this.#pastRules.get(hash);
    if (known) return known;
    const past = this.policies.get(hash);
    const rule = past ? { zones: past.scoring.zones, floor: past.traffic?.floor ?? trafficDefaults.floor } : this.#rule;
    this.#pastRules.set(hash, rule);
    return rule;
  }
}
