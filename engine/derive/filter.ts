import type { PageKind, SeriesFilter, Target } from '../model.js';
import type { CompiledService } from './compile.js';
import { selects, type Selector } from './promql/selector.js';

/** What some selector wants. */
export const createFilter = (selectors: Iterable<Selector>): SeriesFilter => {
  const byName = new Map<string, Selector[]>();
  const anyName: Selector[] = [];
  for (const selector of selectors) {
    const { name } = selector;
    if (name === null) anyName.push(selector);
    else byName.set(name, [...(byName.get(name) ?? []), selector]);
  }
  const of = (name: string): readonly Selector[] => [...(byName.get(name) ?? []), ...anyName];
  return {
    names: new Set(byName.keys()),
    open: anyName.length > 0,
    wants: (name, labels) => of(name).some((selector) => selects(selector, name, labels)),
    looksAt: (name, label) => of(name).some(({ matchers }) => matchers.some((matcher) => matcher.label === label)),
    mayWant: (name, label, value) =>
      of(name).some(({ matchers }) => matchers.every((matcher) => matcher.label !== label || matcher.test(value))),
  };
};

/** What one service reads of its pages of one level. */
export const seriesFilter = (services: Iterable<CompiledService>, level: PageKind): SeriesFilter =>
  createFilter([...services].flatMap(({ needs }) => needs[level].map(({ selector }) => selector)));

/**
 * The filter of each target: the union over the services whose instances it speaks for. Equal unions are one object, so that
 * what a reader learned of one page serves all alike.
 */
export const createFilters = (services: Iterable<CompiledService>): ((target: Target) => SeriesFilter) => {
  const byName = new Map([...services].map((compiled) => [compiled.policy.service, compiled]));
  const known = new Map<string, SeriesFilter>();
  return ({ level, mapping }) => {
    const refs = mapping.kind === 'whole' ? mapping.instances : [...mapping.values.values()].flat();
    const names = [...new Set(refs.map(({ service }) => service))].sort();
    const key = [level, ...names].join(' ');
    let filter = known.get(key);
    if (!filter) {
      const concerned = names.flatMap((name) => byName.get(name) ?? []);
      known.set(key, (filter = seriesFilter(concerned, level)));
    }
    return filter;
  };
};
