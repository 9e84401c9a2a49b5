/** The candidate's judgement by the fast score; the counting of zones is the engine's own wherever something changes. */
import type { ServicePolicy } from '../../config/index.js';
import type { Zone } from '../client/index.js';
import { damp, interrupt, undecided, zoneOf, type Damper } from '../zone/index.js';
import { FastScore } from './fast-score.js';
import type { Input } from './feed.js';
import type { Judge } from './judge.js';

/** As `score/smooth.ts`, in place: the smoothed score, and the last two that it comes from. */
class FastSmoothing {
  value: number | null = null;
  #one: number | null = null;
  #other: number | null = null;
  #at = 0;

  constructor(private readonly halfLives: { readonly halfLifeDownMs: number; readonly halfLifeUpMs: number }) {}

  forget(): void {
    this.value = this.#one = this.#other = null;
  }

  add(score: number, now: number): void {
    this.#one = this.#other;
    this.#other = score;
    const towards = this.#one === null ? score : Math.max(this.#one, score);
    const passed = Math.max(0, now - this.#at);
    this.#at = now;
    if (this.value === null || this.value === towards) {
      this.value = towards;
      return;
    }
    const halfLife = towards < this.value ? this.halfLives.halfLifeDownMs : this.halfLives.halfLifeUpMs;
    const left = halfLife > 0 ? 2 ** (-passed / halfLife) : 0;
    this.value = towards + (this.value - towards) * left;
  }
}

export class FastJudge implements Judge {
  score: number | null = null;
  zone: Zone = 'unknown';
  readonly #policy: ServicePolicy;
  readonly #scores: FastScore;
  readonly #smoothing: FastSmoothing;
  #damper: Damper = undecided;
  /** Evaluations in a row whose own zone is the one in force; from `#enough` on another one changes nothing. */
  #steady = 0;
  readonly #enough: number;
  #wasOut = false;

  constructor(policy: ServicePolicy) {
    const { zones } = policy.scoring;
    this.#policy = policy;
    this.#scores = new FastScore(policy);
    this.#smoothing = new FastSmoothing(policy.scoring);
    this.#enough = Math.max(zones.fall, zones.rise);
  }

  get smoothed(): number | null {
    return this.#smoothing.value;
  }

  step(input: Input): void {
    if (input.anew) this.#forget();
    if (this.#wasOut && !input.out) this.#scores.forgetTraffic();
    this.#wasOut = input.out;
    const score = this.#scores.score(input);
    this.score = Number.isNaN(score) ? null : score;
    if (input.blackout) {
      this.#scores.forget();
      this.#smoothing.forget();
      this.#count('unknown');
      return;
    }
    if (this.score !== null) this.#smoothing.add(score, input.at);
    this.#count(zoneOf(this.score, this.#policy.scoring.zones));
  }

  expire(): void {
    this.#count('unknown');
  }

  cause(): string | null {
    return this.#scores.worst();
  }

  #count(own: Zone): void {
    if (own === 'unknown') {
      this.#damper = interrupt(this.#damper);
      this.#steady = 0;
      this.zone = own;
      return;
    }
    this.#steady = own === this.#damper.known ? this.#steady + 1 : 0;
    if (this.#steady <= this.#enough) this.#damper = damp(this.#damper, own, this.#policy.scoring.zones);
    this.zone = this.#damper.known ?? 'unknown';
  }

  #forget(): void {
    this.#scores.forget();
    this.#smoothing.forget();
    this.#damper = undecided;
    this.#steady = 0;
    this.zone = 'unknown';
  }
}
