import type { InstanceId, ServiceName } from '../../../config/index.js';
import type { InstanceRef, PageKind, Sample, Scrape, Target, TargetKey } from '../../model.js';
import { Slabs } from '../../../lib/slab.js';
import type { CompiledService } from '../compile.js';
import type { Selector } from '../promql/selector.js';
import { Interning, NameSets } from './interning.js';
import { PageWindow, type Shared } from './page.js';

const noPages: readonly PageWindow[] = [];

/** Everything that is remembered of one instance's pages. Read only for everybody but the store. */
export class InstanceWindow {
  #pages = noPages;

  get pages(): readonly PageWindow[] {
    return this.#pages;
  }

  /** In place of those that `stays` says no of, which give their room up. */
  put(page: PageWindow, stays: (page: PageWindow) => boolean): void {
    const kept = this.#pages.filter(stays);
    this.#keep(kept.length === 0 ? [page] : [...kept, page]);
  }

  /** What the engine itself observes is no target, and stays. */
  retain(keys: ReadonlySet<TargetKey>): void {
    const stays = ({ key, level }: PageWindow): boolean => level === 'observed' || keys.has(key);
    if (!this.#pages.every(stays)) this.#keep(this.#pages.filter(stays));
  }

  release(): void {
    this.#keep(noPages);
  }

  #keep(pages: readonly PageWindow[]): void {
    for (const page of this.#pages) if (!pages.includes(page)) page.release();
    this.#pages = pages;
  }

  ofLevel(level: PageKind): readonly PageWindow[] {
    const [only] = this.#pages;
    // As nearly everywhere: one page.
    if (only && this.#pages.length === 1) return only.level === level ? this.#pages : noPages;
    return this.#pages.filter((page) => page.level === level);
  }
}

interface Service {
  readonly compiled: CompiledService;
  /** Scrapes begun earlier were read with the filter of other queries. */
  readonly since: number;
}

/** No scrape takes longer: beyond it the wall clock was set back. */
const scrapeLimitMs = 60_000;

const isEarly = (startedAt: number, since: number): boolean => startedAt < since && since - startedAt < scrapeLimitMs;

const keyOf = ({ service, id }: InstanceRef): string => `${service}/${id}`;

/** A page that nobody has scraped for as long is no longer one of the instance's. */
const abandonedMs = 300_000;

/** The last samples of every instance, as far as some query asks for them. */
export class SeriesStore {
  readonly #shared: Shared = { interning: new Interning(), names: new NameSets(), slabs: new Slabs() };
  readonly #services = new Map<ServiceName, Service>();
  readonly #windows = new Map<ServiceName, Map<InstanceId, InstanceWindow>>();

  /**
   * Which queries will be asked, from now on. Where a service's needs change, what was asked for before and still is keeps
   * its samples; of what is new the pages know since when it is read.
   */
  setServices(services: Iterable<CompiledService>, now: number): void {
    const old = new Map(this.#services);
    this.#services.clear();
    for (const compiled of services) {
      const { service } = compiled.policy;
      const known = old.get(service);
      const same = !known || known.compiled.needsKey === compiled.needsKey;
      this.#services.set(service, { compiled, since: same ? (known?.since ?? -Infinity) : now });
      if (known && known.compiled !== compiled) this.#adopt(known.compiled, compiled);
    }
    for (const service of this.#windows.keys()) if (!this.#services.has(service)) this.#forget(service);
  }

  /** Takes in what one scrape brought, for each instance that its page speaks for. */
  apply(targets: readonly Target[], scrape: Scrape): void {
    for (const target of targets) if (target.key === scrape.target) this.#applyTo(target, scrape);
  }

  window({ service, id }: InstanceRef): InstanceWindow {
    return this.#windows.get(service)?.get(id) ?? new InstanceWindow();
  }

  /** Forgets every other instance. */
  retain(refs: Iterable<InstanceRef>): void {
    const kept = new Map<ServiceName, Set<InstanceId>>();
    for (const { service, id } of refs) {
      const ids = kept.get(service);
      if (ids) ids.add(id);
      else kept.set(service, new Set([id]));
    }
    for (const [service, windows] of this.#windows)
      for (const [id, window] of windows) {
        if (kept.get(service)?.has(id) === true) continue;
        windows.delete(id);
        window.release();
      }
  }

  /** Forgets the pages that are no target of their instance any more: it was told to look elsewhere. */
  retainPages(targets: Iterable<Target>): void {
    const kept = new Map<string, Set<TargetKey>>();
    for (const { key, mapping } of targets)
      for (const ref of mapping.kind === 'whole' ? mapping.instances : [...mapping.values.values()].flat()) {
        const keys = kept.get(keyOf(ref));
        if (keys) keys.add(key);
        else kept.set(keyOf(ref), new Set([key]));
      }
    for (const [service, windows] of this.#windows)
      for (const [id, window] of windows) window.retain(kept.get(keyOf({ service, id })) ?? new Set());
  }

  get counts(): { readonly instances: number; readonly series: number } {
    let [instances, series] = [0, 0];
    for (const windows of this.#windows.values()) {
      instances += windows.size;
      for (const { pages } of windows.values())
        for (const { blocks } of pages) for (const { width } of blocks) series += width;
    }
    return { instances, series };
  }

  #applyTo(target: Target, scrape: Scrape): void {
    const { outcome, startedAt } = scrape;
    for (const [ref, samples] of assign(target, outcome.kind === 'page' ? outcome.samples : [])) {
      const service = this.#services.get(ref.service);
      if (!service) continue;
      const page = this.#page(ref, target, service.compiled, startedAt);
      if (outcome.kind === 'page') page.apply(startedAt, samples, this.#shared, isEarly(startedAt, service.since));
      else page.fail(startedAt, outcome.kind);
    }
  }

  #page(ref: InstanceRef, target: Target, compiled: CompiledService, now: number): PageWindow {
    const { key, url, level, intervalMs } = target;
    const window = this.#windowOf(ref);
    const known = window.pages.find((page) => page.key === key);
    if (known?.intervalMs === intervalMs && known.level === level && known.url === url) return known;
    const page = new PageWindow(key, url, level, intervalMs, compiled.retention[level], requestsOf(compiled, level));
    window.put(page, (each) => each !== known && each.last !== null && now - each.last.at < abandonedMs);
    return page;
  }

  #adopt(before: CompiledService, after: CompiledService): void {
    const { service } = after.policy;
    for (const { pages } of this.#windows.get(service)?.values() ?? [])
      for (const page of pages)
        page.adopt(
          after.retention[page.level],
          requestsOf(after, page.level),
          freshIn(before, after, page.level),
          this.#shared,
        );
  }

  #forget(service: ServiceName): void {
    for (const window of this.#windows.get(service)?.values() ?? []) window.release();
    this.#windows.delete(service);
  }

  #windowOf({ service, id }: InstanceRef): InstanceWindow {
    let windows = this.#windows.get(service);
    if (!windows) this.#windows.set(service, (windows = new Map<InstanceId, InstanceWindow>()));
    let window = windows.get(id);
    if (!window) windows.set(id, (window = new InstanceWindow()));
    return window;
  }
}

const requestsOf = ({ requests }: CompiledService, level: PageKind): Selector | null =>
  requests?.level === level ? requests.selector : null;

/** Texts of the selectors that were not asked before. */
const freshIn = (before: CompiledService, after: CompiledService, level: PageKind): string[] => {
  const known = new Set(before.needs[level].map(({ selector }) => selector.text));
  return after.needs[level].map(({ selector }) => selector.text).filter((text) => !known.has(text));
};

type Assignment = Iterable<readonly [InstanceRef, readonly Sample[]]>;

/** Which samples speak for which instance. */
const assign = ({ mapping }: Target, samples: readonly Sample[]): Assignment => {
  if (mapping.kind === 'whole') return mapping.instances.map((ref) => [ref, samples] as const);
  const byRef = new Map<InstanceRef, Sample[]>([...mapping.values.values()].flat().map((ref) => [ref, []]));
  for (const sample of samples) {
    const refs = Object.hasOwn(sample.labels, mapping.label)
      ? mapping.values.get(sample.labels[mapping.label] ?? '')
      : undefined;
    for (const ref of refs ?? []) byRef.get(ref)?.push(sample);
  }
  return byRef;
};
