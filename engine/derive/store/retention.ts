import type { Selector } from '../promql/selector.js';
import type { Series } from './interning.js';
import { isSelected } from './selected.js';

/** A selector, and how far back its samples are asked for. */
export interface Need {
  readonly selector: Selector;
  readonly windowMs: number;
}

/** All that asks for no more than this shares one block; what asks for more gets a longer one of its own. */
const usualMs = 60_000;

/** How long the series of one level of one service are kept. */
export class Retention {
  /** One block each, ascending. */
  readonly windowsMs: readonly number[];
  readonly #needs: readonly Need[];
  readonly #known = new WeakMap<Series, number>();

  constructor(needs: readonly Need[]) {
    this.#needs = needs;
    const usual = Math.max(...needs.map(({ windowMs }) => windowMs).filter((ms) => ms <= usualMs));
    const longer = new Set(needs.map(({ windowMs }) => windowMs).filter((ms) => ms > usualMs));
    this.windowsMs = [...(usual >= 0 ? [usual] : []), ...[...longer].sort((one, other) => one - other)];
  }

  /** Index into `windowsMs`; undefined: nobody asks for this series. */
  blockOf(series: Series): number | undefined {
    let known = this.#known.get(series);
    if (known === undefined) this.#known.set(series, (known = this.#find(series)));
    return known < 0 ? undefined : known;
  }

  #find(series: Series): number {
    const needs = this.#needs.filter(({ selector }) => isSelected(selector, series));
    if (needs.length === 0) return -1;
    const windowMs = Math.max(...needs.map((need) => need.windowMs));
    return Math.max(0, this.windowsMs.indexOf(windowMs));
  }
}
