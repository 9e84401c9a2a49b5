import { selects, type Selector } from '../promql/selector.js';
import type { Series } from './interning.js';

const memo = new WeakMap<Selector, WeakMap<Series, boolean>>();

/** {@link selects}, asked once per selector and series: both are shared by all instances of a service. */
export const isSelected = (selector: Selector, series: Series): boolean => {
  if (selector.name !== null && selector.name !== series.name) return false;
  if (selector.matchers.length === 0) return true;
  let known = memo.get(selector);
  if (!known) memo.set(selector, (known = new WeakMap()));
  let selected = known.get(series);
  if (selected === undefined) known.set(series, (selected = selects(selector, series.name, series.labels)));
  return selected;
};
