/** Which presets a page is for: those whose metrics it shows. */
import { loadPresets, loadService } from '../../config/load.js';
import type { ServicePolicy } from '../../config/index.js';
import { compileService, createFilters, observe, SeriesStore } from '../../engine/derive/index.js';
import type { Instance, Sample, Target } from '../../engine/model.js';
import { targetsOf } from '../../engine/registry/index.js';
import { neverScraped } from '../../engine/up.js';
import { usageError } from '../exit.js';
import type { Scraping } from './instances.js';

export interface Kind {
  readonly presets: readonly string[];
  /** Instead of the preset's own. */
  readonly scrape: Scraping | null;
}

/** `scheme: https`, `path: /x`, as far as they are said. */
const scrapeKeys = (scrape: Scraping | null): readonly string[] =>
  scrape === null
    ? []
    : [
        ...(scrape.scheme === 'https' ? ['scheme: https'] : []),
        `path: ${/^\/[\w./-]*$/.test(scrape.path) ? scrape.path : JSON.stringify(scrape.path)}`,
      ];

/** The line of a file that says where a page is, with more keys if wanted; empty: the preset knows. */
export const scrapeLine = (scrape: Scraping | null, ...more: readonly string[]): readonly string[] => {
  const keys = [...scrapeKeys(scrape), ...more];
  return keys.length === 0 ? [] : [`scrape: { ${keys.join(', ')} }`];
};

/** A policy as its file would have it. Only the names of presets can be wrong with it. */
export const policyOf = (service: string, { presets, scrape }: Kind, ...scraping: readonly string[]): ServicePolicy => {
  const lines = [`service: ${service}`, `preset: [${presets.join(', ')}]`, ...scrapeLine(scrape, ...scraping)];
  const text = lines.join('\n');
  const { value, problems } = loadService(`${service}.yaml`, text, loadPresets(), { env: {} });
  if (value === null) throw usageError(problems[0]?.message ?? 'the presets do not fit', problems[0]?.hint ?? '');
  return value;
};

export interface Fit {
  readonly preset: string;
  /** Metrics that the page shows, of those that the preset asks of a page. */
  readonly shown: readonly string[];
  readonly asked: number;
}

const shownOf = (policy: ServicePolicy, instance: Instance, samples: readonly Sample[]): readonly string[] => {
  const compiled = compileService(policy);
  const store = new SeriesStore();
  store.setServices([compiled], 0);
  const [target] = targetsOf([{ policy, instances: [instance] }]).targets;
  if (!target) return [];
  const filter = createFilters([compiled])(target);
  const wanted = samples.filter(
    ({ name, labels }) => (filter.open || filter.names.has(name)) && filter.wants(name, labels),
  );
  const outcome = { kind: 'page', samples: wanted, warnings: [] } as const;
  store.apply([target], { target: target.key, startedAt: 1, durationMs: 0, outcome });
  const { readings } = observe(compiled, store.window(instance), { instance, up: neverScraped, mark: null, now: 1 });
  return policy.metrics
    .filter(({ name, level }) => {
      const reading = readings.get(name);
      const isGap =
        reading?.kind === 'absent' && (reading.absence === 'never-exposed' || reading.absence === 'missing');
      return level === 'app' && reading !== undefined && !isGap;
    })
    .map(({ name }) => name);
};

/** How well each application preset fits a page, best first; what shows fewer than two metrics fits not at all. */
export const fitsOf = (instance: Instance, samples: readonly Sample[]): readonly Fit[] =>
  [...loadPresets().keys()]
    .filter((preset) => preset !== 'node-exporter')
    .map((preset): Fit => {
      const policy = policyOf(instance.service, { presets: [preset], scrape: null });
      const asked = policy.metrics.filter(({ level, source }) => level === 'app' && source.kind !== 'up').length;
      return { preset, shown: shownOf(policy, instance, samples), asked };
    })
    .filter(({ shown }) => shown.length >= 2)
    .sort((a, b) => b.shown.length - a.shown.length || a.asked - b.asked);

/** The page of the node beneath an instance, where the preset node-exporter looks for it. */
export const nodePage = (instance: Instance): Target | null =>
  targetsOf([
    {
      policy: policyOf(instance.service, { presets: ['node-exporter'], scrape: null }),
      instances: [instance],
      scrapesOwn: false,
    },
  ]).targets[0] ?? null;
