/** The values of a vector alone, where nobody asks for its labels: flat, in one array that serves all evaluations. */
import type { Binary, Expr } from './ast.js';
import { both } from './binary.js';
import type { SeriesSource } from './evaluate.js';
import { leafOf, type Add, type Leaf } from './leaf.js';
import type { Numbers } from './statistics.js';

/** Scratch space: what was collected last. */
export class Collected {
  count = 0;
  #cells = new Float64Array(8);

  readonly add: Add = (_, value) => {
    if (this.count === this.#cells.length) this.#grow();
    this.#cells[this.count++] = value;
  };

  get cells(): Numbers {
    return this.#cells;
  }

  /** Replaces each; where there is nothing to replace it by, it goes. */
  change(by: (value: number) => number | undefined): void {
    const { count } = this;
    this.count = 0;
    for (let i = 0; i < count; i++) {
      const changed = by(this.#cells[i] ?? NaN);
      if (changed !== undefined) this.#cells[this.count++] = changed;
    }
  }

  #grow(): void {
    const larger = new Float64Array(2 * this.#cells.length);
    larger.set(this.#cells);
    this.#cells = larger;
  }
}

/** Good until it is asked again. */
export type AskNumbers = (source: SeriesSource, nowMs: number) => Collected;
export type AskScalar = (source: SeriesSource, nowMs: number) => number;
type ScalarOf = (expr: Expr) => AskScalar | null;

/** The values of a leaf, or of one compared or computed with a scalar. Null: labels matter. */
export const numbersOf = (expr: Expr, scalarOf: ScalarOf): AskNumbers | null => {
  const leaf = leafOf(expr, scalarOf);
  if (leaf) return ofLeaf(leaf);
  if (expr.kind === 'plus') return numbersOf(expr.expr, scalarOf);
  // Computed elements lose their names: without them those of a selector of many names might be alike.
  if (!isOneName(expr)) return null;
  if (expr.kind === 'negate') return changed(numbersOf(expr.expr, scalarOf), () => (value) => -value);
  return expr.kind === 'binary' ? ofBinary(expr, scalarOf) : null;
};

const isOneName = (expr: Expr): boolean => {
  switch (expr.kind) {
    case 'instant':
    case 'range':
      return expr.selector.name !== null;
    case 'call':
      return expr.args.every(isOneName);
    case 'negate':
    case 'plus':
      return isOneName(expr.expr);
    case 'binary':
      return isOneName(expr.left) && isOneName(expr.right);
    case 'aggregate':
    case 'number':
      return true;
    case 'string':
      return false;
  }
};

const ofLeaf = ({ each }: Leaf): AskNumbers => {
  const collected = new Collected();
  return (source, nowMs) => {
    collected.count = 0;
    each(source, nowMs, collected.add);
    return collected;
  };
};

const changed = (
  inner: AskNumbers | null,
  by: (source: SeriesSource, nowMs: number) => (value: number) => number | undefined,
): AskNumbers | null =>
  inner &&
  ((source, nowMs) => {
    const change = by(source, nowMs);
    const numbers = inner(source, nowMs);
    numbers.change(change);
    return numbers;
  });

const ofBinary = (expr: Binary, scalarOf: ScalarOf): AskNumbers | null => {
  const [left, right] = [scalarOf(expr.left), scalarOf(expr.right)];
  if (right && !left)
    return changed(numbersOf(expr.left, scalarOf), (source, nowMs) => {
      const scalar = right(source, nowMs);
      return (value) => both(expr, value, scalar);
    });
  if (left && !right)
    return changed(numbersOf(expr.right, scalarOf), (source, nowMs) => {
      const scalar = left(source, nowMs);
      return (value) => both(expr, scalar, value, value);
    });
  return null;
};
