import { canonical } from '../series.js';
import { Buckets } from './buckets.js';
import type { BucketRole, Report } from './buckets.js';
import { Groups } from './groups.js';
import type { Rest, SeriesLine } from './line.js';
import { boundOf, innerLabel, sampleProblem } from './rules.js';
import { isMetricType, metricTypes } from './shape.js';
import type { Claim, MetricType, Shape, Shapes } from './shape.js';

/** A series as it stands on pages, with what its family's rules ask of it time and again. */
export interface Series extends SeriesLine {
  /** Some query selects it. */
  readonly selected: boolean;
  /** One text for the series, whatever the order of its labels. */
  readonly key: string;
  /** The key without its family's inner label, for the last inner label asked for. */
  group: { readonly inner: string; readonly key: string } | null;
}

/** What the value of a sample must satisfy, by where the sample stands: asked again of each page that shows the same lines. */
export interface Standing {
  readonly type: MetricType;
  readonly suffix: string;
  /** Null: it is of no histogram. */
  readonly role: BucketRole | null;
}

const groupOf = (series: Series, inner: string | null): string => {
  const { name, labels } = series;
  if (inner === null) return canonical('', labels);
  if (series.group?.inner !== inner) {
    const { [inner]: _, ...others } = labels;
    series.group = { inner, key: canonical('', others) };
  }
  return series.group?.key ?? name;
};

export type MetadataKind = 'HELP' | 'TYPE' | 'UNIT';
const bits = { HELP: 1, TYPE: 2, UNIT: 4 } as const;

/** One metric family of one page, from its first line to its last. */
export class Family {
  #shape: Shape | null = null;
  #unit = '';
  #sampled = false;
  #groups: Groups | null = null;
  #buckets: Buckets | null = null;
  #described = 0;

  constructor(
    private readonly shapes: Shapes,
    readonly name: string,
    private readonly line: number,
    private readonly report: Report,
  ) {}

  get shape(): Shape {
    return (this.#shape ??= this.shapes.of(this.name, 'unknown'));
  }

  /** Takes a TYPE, HELP or UNIT line. */
  describe(kind: MetadataKind, text: string, line: number): void {
    if (this.#sampled) return this.report(line, `describes ${this.name} after its samples`);
    if ((this.#described & bits[kind]) !== 0) return this.report(line, `is a second ${kind} of ${this.name}`);
    this.#described |= bits[kind];
    if (kind === 'TYPE') this.#typed(text, line);
    if (kind !== 'UNIT' || text === '') return;
    this.#unit = text;
    if (!this.name.endsWith(`_${text}`))
      this.report(line, `has the unit "${text.slice(0, 40)}", in which ${this.name} does not end`);
  }

  #typed(text: string, line: number): void {
    if (isMetricType(text)) this.#shape = this.shapes.of(this.name, text);
    else this.report(line, `has "${text.slice(0, 40)}" for a type; it must be one of ${metricTypes}`);
  }

  /** Takes a sample whose name is one of its own; null: it must not stand there, as was reported. */
  add(series: Series, rest: Rest, line: number): Standing | null {
    this.#sampled = true;
    const { shape } = this;
    const suffix = series.name.slice(this.name.length);
    const group = shape.type === 'info' ? '' : groupOf(series, innerLabel(shape, suffix));
    const why = sampleProblem(shape, suffix, series, rest) ?? this.#place(group, series, rest);
    if (why !== null) this.report(line, why);
    return why === null ? { type: shape.type, suffix, role: this.#fill(group, suffix, series, rest, line) } : null;
  }

  #fill(group: string, suffix: string, { labels }: Series, rest: Rest, line: number): BucketRole | null {
    const { type } = this.shape;
    if (type !== 'histogram' && type !== 'gaugehistogram') return null;
    this.#buckets ??= new Buckets(type === 'gaugehistogram', this.report);
    const { timestamp, value } = rest;
    return this.#buckets.add({ group, suffix, timestamp, value, bound: boundOf(labels['le']), line });
  }

  #place(group: string, { key }: Series, { timestamp }: Rest): string | null {
    this.#groups ??= new Groups();
    return this.#groups.add(group, key, timestamp, this.shape.type !== 'info');
  }

  /** What concerns it as a whole, on the page of that number. */
  end(page: number): void {
    const { type, claims } = this.shape;
    for (const claim of claims) {
      if (claim.page === page)
        this.report(
          this.line,
          `begins a family with ${claim.name}, which stands on the page already${rightNames(claim)}`,
        );
      claim.page = page;
      claim.owner = this.shape;
    }
    if (this.#unit !== '' && (type === 'info' || type === 'stateset'))
      this.report(this.line, `begins ${this.name} of type ${type}, which has no unit`);
    this.#buckets?.end();
  }
}

/** A sample with the bare name of a counter, say, is taken for a family of its own: what it should be called. */
const rightNames = ({ name, owner }: Claim): string =>
  owner === null || owner.name !== name || owner.bare
    ? ''
    : `; samples of the ${owner.type} ${name} are called ${[...owner.names].join(', ')}`;
