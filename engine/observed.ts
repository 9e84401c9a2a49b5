import type { CompiledService, SeriesStore } from './derive/index.js';
import type { Instance, InstanceRef, Sample, Target, TargetKey, UpObservation } from './model.js';

/** As numbers, so that a threshold can be put between them. */
const statusValue = { passing: 0, warning: 1, critical: 2 } as const;

const sample = (name: string, value: number, labels: Sample['labels'] = {}): Sample => ({
  name,
  labels,
  value,
  timestampMs: null,
});

/** What the engine itself knows of an instance, as series ({@link observedNames}). A scrape that is not there yet is no sample. */
export const observedSamples = (
  { checks }: Instance,
  { last }: UpObservation,
  scrapeMs: number | null,
): readonly Sample[] => [
  ...(last === 'none' ? [] : [sample('up', last === 'answered' || last === 'unfinished' ? 1 : 0)]),
  ...(scrapeMs === null ? [] : [sample('scrape_duration_seconds', scrapeMs / 1_000)]),
  ...checks.map(({ id, name, scope, status }) =>
    sample('consul_check_status', statusValue[status], { check_id: id, name, scope }),
  ),
];

const keyOf = ({ service, id }: InstanceRef): string => `${service}/${id}`;

export interface Observed {
  readonly instance: Instance;
  readonly up: UpObservation;
  /** How long the last scrape of its own page took; null: there was none. */
  readonly scrapeMs: number | null;
}

/** Writes what is observed of an instance into its windows, as one page more, for those services that ask for it. */
export class ObservedPages {
  constructor(private readonly series: Pick<SeriesStore, 'apply' | 'window'>) {}

  /** One row; to be written once for each evaluation. A second one of the same moment would be no later than the first. */
  write({ policy, needs }: CompiledService, { instance, up, scrapeMs }: Observed, now: number): void {
    if (needs.observed.length === 0) return;
    const { service, id } = instance;
    if (this.series.window({ service, id }).pages.some((page) => page.level === 'observed' && page.lastGoodAt === now))
      return;
    const { intervalMs, timeoutMs } = policy.scrape;
    const target: Target = {
      key: `observed ${keyOf(instance)}` as TargetKey,
      url: '',
      level: 'observed',
      intervalMs,
      connectTimeoutMs: timeoutMs,
      timeoutMs,
      bodyLimitBytes: 0,
      mapping: { kind: 'whole', instances: [{ service, id }] },
    };
    const samples = observedSamples(instance, up, scrapeMs);
    const outcome = { kind: 'page', samples, warnings: [] } as const;
    this.series.apply([target], { target: target.key, startedAt: now, durationMs: 0, outcome });
  }
}
