import { observedNames } from '../model.js';
import { mayName, type Selector } from './promql/selector.js';
import type { PageWindow } from './store/page.js';

/**
 * Client libraries show the process that serves the page under these names. On an exporter's page that is the exporter itself:
 * such a name is never looked for on another page than the metric's own.
 */
const ownProcess = /^(?:process|go|nodejs|jvm|python|ruby|dotnet|promhttp)_/;

const shared = new WeakMap<Selector, boolean>();

/** Whether a selector may be answered by a page of another level, where its own level does not know the name. */
export const isShared = (selector: Selector): boolean => {
  let known = shared.get(selector);
  if (known === undefined) {
    known = selector.name !== null && !ownProcess.test(selector.name);
    shared.set(selector, known);
  }
  return known;
};

/** The engine alone speaks under these names. */
export const isObserved = ({ name }: Selector): boolean => name !== null && observedNames.has(name);

const exposes = (page: PageWindow, selector: Selector): boolean =>
  selector.name !== null ? page.exposed.has(selector.name) : [...page.exposed].some((name) => mayName(selector, name));

/** The pages that a metric's queries see: those of its level first, the instance's others for names that these do not know. */
export class Scope {
  constructor(
    readonly own: readonly PageWindow[],
    readonly others: readonly PageWindow[] = [],
  ) {}

  pagesFor(selector: Selector): readonly PageWindow[] {
    if (isObserved(selector)) return [...this.own, ...this.others].filter(({ level }) => level === 'observed');
    if (this.others.length === 0 || !isShared(selector) || this.own.some((page) => exposes(page, selector)))
      return this.own;
    return this.others.filter((page) => exposes(page, selector));
  }

  /** Since when the samples of a selector are whole on every page that answers it; see {@link PageWindow.knownSince}. */
  knownSince(selector: Selector): number {
    const isOwn = !isShared(selector) || this.own.some((page) => exposes(page, selector));
    const pages = isOwn ? this.own : [...this.own, ...this.others];
    return Math.max(-Infinity, ...pages.map((page) => page.knownSince(selector)));
  }

  /** Whether a metric of that name was ever shown. */
  knows(selector: Selector): boolean {
    return this.pagesFor(selector).some((page) => exposes(page, selector));
  }
}
