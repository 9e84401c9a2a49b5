/** Room for the numbers of many instances of one layout, in few large arrays: an array of its own costs each a quarter of a KB. */
import type { LevelScore, RotationMark } from '../client/index.js';
import type { Instance } from '../model.js';
import type { UpState } from '../score/index.js';
import { undecided, type Damper } from '../zone/index.js';
import type { Layout } from './layout.js';

/** Places per array. */
const together = 128;

export interface Place {
  readonly layout: Layout;
  readonly numbers: Float64Array;
  /** Where its numbers begin. */
  readonly from: number;
}

/** What of an instance is no number; it rarely changes. */
export interface Objects {
  instance: Instance;
  up: UpState | null;
  mark: RotationMark | null;
  damper: Damper;
  levels: readonly LevelScore[];
}

/** The same in the same order. */
export const isSameList = <T>(one: readonly T[], other: readonly T[]): boolean =>
  one.length === other.length && one.every((each, at) => each === other[at]);

export class Places {
  readonly #free: Place[] = [];
  /** As nearly all instances have them, most of the time: one for all. */
  #levels: readonly LevelScore[] = [];
  #damper: Damper = undecided;

  constructor(readonly layout: Layout) {}

  take(): Place {
    if (this.#free.length === 0) this.#more();
    const place = this.#free.pop();
    if (place === undefined) throw new Error('more places were made just now');
    return place;
  }

  give(place: Place): void {
    this.#free.push(place);
  }

  /** The same levels, in the list of whoever came last if he had the same. */
  levels(of: readonly LevelScore[]): readonly LevelScore[] {
    // A copy has no room for more, as a list that grew has.
    if (!isSameList(of, this.#levels)) this.#levels = of.slice();
    return this.#levels;
  }

  /** The same damper, shared likewise. */
  damper(of: Damper): Damper {
    const { known, recent } = this.#damper;
    if (of.known !== known || !isSameList(of.recent, recent))
      this.#damper = { known: of.known, recent: of.recent.slice() };
    return this.#damper;
  }

  #more(): void {
    const { layout } = this;
    const numbers = new Float64Array(together * layout.width);
    for (let nth = together - 1; nth >= 0; nth--) this.#free.push({ layout, numbers, from: nth * layout.width });
  }
}
