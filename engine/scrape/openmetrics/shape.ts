/** What the type of a metric family says of its samples' names. Source: OpenMetrics 1.0, "Metric types" and "Suffixes". */
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
  readonly claims: readonly Claim[];
  /** Its own name is that of a sample. */
  readonly bare: boolean;
}

/** A name, and the last page on which a family took it. */
export interface Claim {
  readonly name: string;
  page: number;
  /** The family that took it then. */
  owner: Shape | null;
}

const shapeLimit = 20_000;

/** Shapes, kept for the next page. */
export class Shapes {
  readonly #byType = new Map<MetricType, Map<string, Shape>>();
  readonly #claims = new Map<string, Claim>();
  #count = 0;

  of(name: string, type: MetricType): Shape {
    let byName = this.#byType.get(type);
    if (!byName) this.#byType.set(type, (byName = new Map<string, Shape>()));
    let shape = byName.get(name);
    if (!shape) {
      this.#count++;
      byName.set(name, (shape = this.#make(name, type)));
    }
    return shape;
  }

  #make(name: string, type: MetricType): Shape {
    const names = new Set(suffixes[type].map((suffix) => name + suffix));
    return {
      name,
      type,
      names,
      claims: [...new Set([...names, name])].map((each) => this.#claim(each)),
      bare: names.has(name),
    };
  }

  #claim(name: string): Claim {
    let claim = this.#claims.get(name);
    if (!claim) this.#claims.set(name, (claim = { name, page: 0, owner: null }));
    return claim;
  }

  /** Only between pages: what one page claims must not be forgotten half way. */
  tidy(): void {
    if (this.#count <= shapeLimit) return;
    this.#count = 0;
    this.#claims.clear();
    for (const byName of this.#byType.values()) byName.clear();
  }
}
