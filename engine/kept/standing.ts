import type { MetricName, ServicePolicy } from '../../config/index.js';
import type { Cause, InstanceScore } from '../client/index.js';
import { describeCauses, isPeer, upOf } from '../describe.js';
import type { InstanceMemory, LastEvaluation } from '../memory.js';
import type { Assessment, Instance, Judgement } from '../model.js';
import { head } from './layout.js';
import { fits, pack } from './pack.js';
import { isSameList, type Objects, type Place, type Places } from './place.js';
import { isStale, speaks, zoneIn } from './state.js';
import { nullableAt, numberAt, unpack } from './unpack.js';

const noCauses: readonly Cause[] = [];
const noJudgements: readonly Judgement[] = [];

/** The score as it was when it was lent: written out before the next evaluation is kept, if nobody did before. */
class Lent {
  #whole: InstanceScore | null = null;

  constructor(private readonly standing: Standing) {}

  get whole(): InstanceScore {
    return (this.#whole ??= this.standing.whole);
  }

  settle(): void {
    this.#whole ??= this.standing.whole;
  }
}

/** What others may be compared with. */
const resultIn = (memory: InstanceMemory): Assessment | null =>
  memory.last !== null && isPeer(memory) ? memory.last.assessment : null;

const penaltyIn = (memory: InstanceMemory, wanted: MetricName): number | null | undefined =>
  resultIn(memory)?.judgements.find(({ name }) => name === wanted)?.penalty;

/**
 * What is kept of one instance between two evaluations: numbers in its place and few objects beside them; or all of it as it
 * is, where it does not fit. An evaluation makes nothing anew that lives until the next one, so there is nothing to collect.
 * It is also the score that readers are shown, which is written out when somebody reads it.
 */
export class Standing {
  #place: Place | null = null;
  #objects: Objects | null = null;
  /** Null: it is in its place. */
  #memory: InstanceMemory | null = null;
  #policy: ServicePolicy | null = null;
  #causes = noCauses;
  #whole: InstanceScore | null = null;
  #lent: Lent | null = null;

  /** Of numbers, its judgements can be read until the next evaluation is kept. */
  get memory(): InstanceMemory {
    if (this.#memory !== null) return this.#memory;
    if (this.#place === null || this.#objects === null) throw new Error('a standing begins with a memory');
    return unpack(this.#place, this.#objects);
  }

  /** Keeps what an evaluation, or time, made of it. `causes`: what costs it points, as its peers are now. */
  keep(memory: InstanceMemory, places: Places): void {
    this.#settle();
    this.#whole = null;
    this.#causes = noCauses;
    this.#policy = places.layout.policy;
    this.adopt(memory, places);
  }

  /** Keeps another memory of the same evaluation: what is shown of it stays. */
  adopt(memory: InstanceMemory, places: Places): void {
    const { last } = memory;
    // They may be in this very place: to be read before it is written over.
    const judgements = last?.assessment.judgements ?? noJudgements;
    if (last === null || !fits(memory, judgements, places.layout)) {
      this.#memory = memory;
      return;
    }
    this.#memory = null;
    this.#place = this.#placeIn(places);
    pack(memory, last, judgements, this.#place);
    this.#keepObjects(memory, last, places);
  }

  /** What costs it points, told at once, as it is compared with the peers of this moment. */
  tell(causes: readonly Cause[]): void {
    this.#causes = causes;
  }

  /** The same, which stays as it is now. */
  lend(): { readonly whole: InstanceScore } {
    return (this.#lent ??= new Lent(this));
  }

  /** It is there no more; what was lent of it stays. */
  leave(places: Places): void {
    this.#settle();
    if (this.#place?.layout === places.layout) places.give(this.#place);
    this.#place = this.#objects = this.#memory = null;
  }

  get whole(): InstanceScore {
    if (this.#whole !== null) return this.#whole;
    const { memory } = this;
    if (memory.last === null || this.#policy === null) throw new Error('nothing was scored yet');
    return (this.#whole = describeCauses(memory, memory.last, this.#policy, this.#causes));
  }

  get instance(): string {
    return this.#seen.id;
  }

  get node(): string {
    return this.#seen.node.name;
  }

  get address(): string {
    return this.#seen.address;
  }

  get port(): number {
    return this.#seen.port;
  }

  get consul(): InstanceScore['consul'] {
    return this.#seen.consul;
  }

  get consulWhy(): string {
    return this.#seen.consulWhy;
  }

  get zone(): InstanceScore['zone'] {
    return this.#memory === null ? zoneIn(this.#number(head.state)) : this.#memory.zone.zone;
  }

  get up(): InstanceScore['up'] {
    return upOf({ up: this.#memory === null ? (this.#objects?.up ?? null) : this.#memory.up, at: this.at });
  }

  /** As it was last evaluated. */
  get score(): number | null {
    return this.#memory === null ? this.#nullable(head.score) : (this.#memory.last?.assessment.score ?? null);
  }

  get smoothed(): number | null {
    return this.#memory === null ? this.#nullable(head.smoothed) : this.#memory.smoothing.value;
  }

  get joinedAt(): number | null {
    return this.#memory === null ? this.#nullable(head.joinedAt) : this.#memory.joinedAt;
  }

  /** When it was evaluated last. */
  get at(): number {
    return this.#memory === null ? this.#number(head.at) : this.#memory.at;
  }

  /** Its score grew old, and that was said. */
  get stale(): boolean {
    return this.#memory === null ? isStale(this.#number(head.state)) : (this.#memory.last?.stale ?? false);
  }

  /** Its last score; undefined: that does not speak for it at present, so nobody is compared with it. */
  get result(): number | null | undefined {
    if (this.#memory !== null) return resultIn(this.#memory)?.score;
    return speaks(this.#number(head.state)) ? this.#nullable(head.score) : undefined;
  }

  /** Its last penalty by that metric, where its result speaks for it; else null or undefined. */
  penaltyOf(name: MetricName): number | null | undefined {
    if (this.#memory !== null) return penaltyIn(this.#memory, name);
    const at = this.#place?.layout.penalties.get(name);
    return at !== undefined && speaks(this.#number(head.state)) ? this.#nullable(at) : undefined;
  }

  /** Somebody may still read what was lent. */
  #settle(): void {
    this.#lent?.settle();
    this.#lent = null;
  }

  get #seen(): Instance {
    const seen = this.#memory === null ? this.#objects?.instance : this.#memory.last?.instance;
    if (seen === undefined) throw new Error('nothing was scored yet');
    return seen;
  }

  #number(at: number): number {
    return this.#place === null ? Number.NaN : numberAt(this.#place.numbers, this.#place.from + at);
  }

  #nullable(at: number): number | null {
    return this.#place === null ? null : nullableAt(this.#place.numbers, this.#place.from + at);
  }

  /** Its own, of the layout in force; where it was before, another may come. */
  #placeIn(places: Places): Place {
    if (this.#place?.layout === places.layout) return this.#place;
    this.#objects = null;
    return (this.#place = places.take());
  }

  #keepObjects(
    { up, mark, zone: { damper } }: InstanceMemory,
    { instance, assessment }: LastEvaluation,
    places: Places,
  ): void {
    const known = this.#objects;
    const { levels } = assessment;
    if (known === null) {
      this.#objects = { instance, up, mark, damper: places.damper(damper), levels: places.levels(levels) };
      return;
    }
    known.instance = instance;
    known.up = up;
    known.mark = mark;
    if (known.damper !== damper) known.damper = places.damper(damper);
    if (!isSameList(known.levels, levels)) known.levels = places.levels(levels);
  }
}
