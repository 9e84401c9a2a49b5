/** What the type of a metric family says of its samples' names. Source: OpenMetrics 1.0, "Metric types" and "Suffixes". */
import type { SeriesFilter } from '../../model.js';

const suffixes = {
  unknown: [''],
  gauge: [''],
  counter: ['_total', '_created'],
  stateset: [''],
  info: ['_info'],
  summary: ['', '_count', '_sum', '_created'],
  histogram: ['_count', '_sum', '_bucket', '_created'],
  gaugehistogram: ['_gcount', '_gsum', '_bucket'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type MetricType = keyof typeof suffixes;

export const isMetricType = (text: string): text is MetricType => Object.hasOwn(suffixes, text);
export const metricTypes = Object.keys(suffixes).join(', ');

export interface Shape {
  readonly name: string;
  readonly type: MetricType;
  /** The names that its samples may have. */
  readonly names: ReadonlySet<string>;
  /** Its own name and those of its samples: no other family of the page may have one of them. */
  readonly claims: readonly string[];
  /** Some query names a sample of it. */
  readonly wanted: boolean;
}

const shapeLimit = 20_000;

/** Shapes, kept for the next page. */
export class Shapes {
  readonly #byType = new Map<MetricType, Map<string, Shape>>();
  #count = 0;

  constructor(private readonly filter: SeriesFilter) {}

  of(name: string, type: MetricType): Shape {
    let byName = this.#byType.get(type);
    if (!byName) this.#byType.set(type, (byName = new Map<string, Shape>()));
    let shape = byName.get(name);
    if (!shape) {
      if (++this.#count > shapeLimit) this.#forget();
      byName.set(name, (shape = this.#make(name, type)));
    }
    return shape;
  }

  #make(name: string, type: MetricType): Shape {
    const names = new Set(suffixes[type].map((suffix) => name + suffix));
    const wanted = this.filter.open || [...names].some((each) => this.filter.names.has(each));
    return { name, type, names, claims: [...new Set([...names, name])], wanted };
  }

  #forget(): void {
    this.#count = 0;
    for (const byName of this.#byType.values()) byName.clear();
  }
}
