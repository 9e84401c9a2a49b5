/** Says what is wrong, and on which line. */
export type Report = (line: number, why: string) => void;

/** What a sample is to its point of a histogram; `early`: a count before the last bucket. */
export type BucketRole = 'first' | 'next' | 'count' | 'early' | 'sum' | 'other';

/** The buckets of histograms, one point of one metric after the other. Source: OpenMetrics 1.0, "Histogram", "GaugeHistogram". */
export class Buckets {
  #open = false;
  #group = '';
  #timestamp: number | null = null;
  #bound: number | null = null;
  #value = 0;
  #count: number | null = null;
  #sum: number | null = null;
  #negative = false;
  #line = 0;

  constructor(
    private readonly gauge: boolean,
    private readonly report: Report,
  ) {}

  /** Takes the next sample; one of another point ends the point before it. Tells what it is to its own. */
  add(sample: {
    readonly group: string;
    readonly timestamp: number | null;
    readonly suffix: string;
    readonly bound: number | null;
    readonly value: number;
    readonly line: number;
  }): BucketRole {
    const { group, timestamp, suffix, bound, value, line } = sample;
    if (this.#open && (group !== this.#group || timestamp !== this.#timestamp)) this.end();
    if (!this.#open) this.#begin(group, timestamp);
    this.#line = line;
    if (suffix === '_bucket') return this.#bucket(bound ?? NaN, value);
    if (suffix === '_count' || suffix === '_gcount') {
      this.#count = value;
      return this.#bound === Infinity ? 'count' : 'early';
    }
    if (suffix !== '_sum' && suffix !== '_gsum') return 'other';
    this.#sum = value;
    return 'sum';
  }

  /** What the point lacks is reported with its last line. */
  end(): void {
    const why = this.#open ? this.#lack() : null;
    this.#open = false;
    if (why !== null) this.report(this.#line, why);
  }

  #lack(): string | null {
    if (this.#bound !== Infinity) return 'ends a histogram without le="+Inf"';
    if (this.#count !== null && this.#count !== this.#value) return 'ends a histogram whose le="+Inf" is not its count';
    if ((this.#sum === null) !== (this.#count === null))
      return 'ends a histogram with either sum or count, but not both';
    if (this.#sum === null) return null;
    if (!this.gauge && this.#negative) return 'ends a histogram with buckets below 0, which must have no sum';
    return this.gauge && !this.#negative && this.#sum < 0 ? 'ends a histogram from 0 on with a sum below 0' : null;
  }

  #begin(group: string, timestamp: number | null): void {
    this.#open = true;
    this.#group = group;
    this.#timestamp = timestamp;
    this.#bound = this.#count = this.#sum = null;
    this.#value = 0;
    this.#negative = false;
  }

  #bucket(bound: number, value: number): BucketRole {
    const role = this.#bound === null ? 'first' : 'next';
    if (this.#bound !== null && bound <= this.#bound)
      this.report(this.#line, 'has a bucket that is not above the one before it');
    if (value < this.#value) this.report(this.#line, 'has fewer in a bucket than in the one before it');
    this.#bound = bound;
    this.#value = value;
    if (bound < 0) this.#negative = true;
    return role;
  }
}
