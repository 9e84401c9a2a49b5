/** Room for the numbers of many instances of one layout, in few large arrays: an array of its own costs each a quarter of a KB. */
import type { LevelScore, RotationMark } from '../client/index.js';
import type { Instance } from '../model.js';
import type { UpState } from '../score/index.js';
import type { Damper } from '../zone/index.js';
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

export class Places {
  readonly #free: Place[] = [];

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

  #more(): void {
    const { layout } = this;
    const numbers = new Float64Array(together * layout.width);
    for (let nth = together - 1; nth >= 0; nth--) this.#free.push({ layout, numbers, from: nth * layout.width });
  }
}
