/**
 * The neutral vocabulary that the engine's stages share without importing each other. Immutable values only.
 * Data flows registry -> scrape -> derive -> score -> zone.
 */
import type {
  InstanceId,
  Level,
  MetricName,
  MetricPolicy,
  PrometheusPolicy,
  ScrapeFormat,
  ServiceName,
} from '../config/index.js';
import type { HealthCheck } from '../lib/consul/index.js';
import type { Absence, ConsulStatus, LevelScore } from './client/wire.js';

/** An instance as discovery sees it: validated, nothing in it can break a URL, a file name or a template. */
export interface Instance {
  readonly id: InstanceId;
  readonly service: ServiceName;
  readonly node: { readonly name: string; readonly address: string };
  readonly datacenter: string;
  /** Host name or IP address and port, validated. */
  readonly address: string;
  readonly port: number;
  readonly tags: readonly string[];
  readonly meta: Readonly<Record<string, string>>;
  readonly consul: ConsulStatus;
  /** Why Consul does not say passing; else empty. */
  readonly consulWhy: string;
  readonly checks: readonly HealthCheck[];
  /** When it appeared; null: it was in the first list that this engine received. */
  readonly joinedAt: number | null;
}

export type TargetKey = string & { readonly __brand: 'TargetKey' };

/** Whose view a page is: that of a level, a Prometheus server's answer to one question, or what the engine itself observes. */
export type PageKind = Level | 'prometheus' | 'observed';

/**
 * Series that the engine itself makes for each instance. Like Prometheus, it lets no page speak under these names:
 * `up` (1 it answered its last scrape, 0 it did not), `scrape_duration_seconds`,
 * `consul_check_status{check_id, name, scope="node|service"}` (0 passing, 1 warning, 2 critical).
 */
export const observedNames: ReadonlySet<string> = new Set(['up', 'scrape_duration_seconds', 'consul_check_status']);

/** What is asked of a Prometheus server instead of reading a page; its answer is read as one series per element. */
export interface Question {
  readonly server: PrometheusPolicy;
  readonly promql: string;
}

/** The target that asks the question of this id ({@link questionId}). */
export const questionKey = (id: string): TargetKey => `prometheus ${id}` as TargetKey;

/** Name of every series that a server's answer is read as. */
export const answerName = 'prometheus_answer';

/**
 * A page to scrape, once, for however many instances it speaks. Its mapping assigns its series to instances:
 * `whole`: every series belongs to each of the named instances (an instance's own page; a node's exporter);
 * `label`: a series belongs to the instances whose rendered value stands in that label (a gateway's page; a Prometheus server).
 */
export interface Target {
  readonly key: TargetKey;
  readonly url: string;
  /** What the page is written in; `auto` unless given. */
  readonly format?: ScrapeFormat;
  /** Compression is asked for; it is not, unless given. What comes compressed is read in any case. */
  readonly gzip?: boolean;
  readonly level: PageKind;
  readonly question?: Question;
  readonly intervalMs: number;
  readonly connectTimeoutMs: number;
  readonly timeoutMs: number;
  readonly bodyLimitBytes: number;
  readonly mapping:
    | { readonly kind: 'whole'; readonly instances: readonly InstanceRef[] }
    | { readonly kind: 'label'; readonly label: string; readonly values: ReadonlyMap<string, readonly InstanceRef[]> };
}

export interface InstanceRef {
  readonly service: ServiceName;
  readonly id: InstanceId;
}

export type Labels = Readonly<Record<string, string>>;

/** One sample of a page: name, labels without the name, value (may be NaN or infinite), own timestamp if the page gave one. */
export interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
  readonly timestampMs: number | null;
}

/** Which series of a page are worth reading; made by derive from the queries, used by scrape. */
export interface SeriesFilter {
  /** Metric names that some selector asks for exactly. */
  readonly names: ReadonlySet<string>;
  /** Some selector names no metric exactly: then `wants` must be asked for every name. */
  readonly open: boolean;
  wants(name: string, labels: Labels): boolean;
  /** For pages that are asked for label by label. Some selector of that name says something of that label. */
  looksAt?(name: string, label: string): boolean;
  /** Some selector of that name may want a series with that label, as far as that label goes. */
  mayWant?(name: string, label: string, value: string): boolean;
}

/** How a scrape ended. Only `page` brings samples; the others leave what was known before untouched. */
export type ScrapeOutcome =
  | { readonly kind: 'page'; readonly samples: readonly Sample[]; readonly warnings: readonly string[] }
  /** The process is gone: connection refused. Counts as down at once. */
  | { readonly kind: 'refused'; readonly why: string }
  /** No answer in time, or the host unreachable: missing, and down only after `fall` in a row. */
  | { readonly kind: 'lost'; readonly why: string }
  /** It began to answer, so it lives, and did not come to an end: missing, however often in a row. */
  | { readonly kind: 'unfinished'; readonly why: string }
  /** It answered, so it lives, but with something that is no metrics page (HTML, 500, too large). */
  | { readonly kind: 'unreadable'; readonly why: string };

export interface Scrape {
  readonly target: TargetKey;
  readonly startedAt: number;
  readonly durationMs: number;
  readonly outcome: ScrapeOutcome;
}

/** A metric's value at one evaluation, before it is judged. `sampledAt` is the newest sample behind it. */
export type Reading =
  | { readonly kind: 'value'; readonly value: number; readonly sampledAt: number }
  | { readonly kind: 'absent'; readonly absence: Absence; readonly since: number };

export type Readings = ReadonlyMap<MetricName, Reading>;

/** What was observed of one instance when it is evaluated. */
export interface Observation {
  readonly instance: Instance;
  readonly readings: Readings;
  readonly up: UpObservation;
  /** Completed requests since the rotation mark (or since first seen), and requests in flight; null: not measured. */
  readonly requests: number | null;
  readonly inFlight: number | null;
  readonly processStartedAt: number | null;
  /** Metrics of kind resource that still move (see `moving` in the wire types). Asks the windows again: ask when it matters. */
  readonly moving: { has(name: MetricName): boolean };
}

/** The app page's last outcomes, in a row. */
export interface UpObservation {
  readonly last: 'answered' | 'unfinished' | 'refused' | 'lost' | 'none';
  readonly inARow: number;
  /** Scrapes in a row, lost or unfinished, that brought nothing to judge. */
  readonly missed: number;
  readonly at: number;
  readonly why: string;
}

/** One metric of one instance, judged: what scoring says of a reading. Compact, as one is kept for every metric and instance. */
export interface Judgement {
  readonly name: MetricName;
  readonly metric: MetricPolicy;
  /** The value that was judged: of a gauge the least bad of its last three, of a held metric the last one judged. */
  readonly value: number | null;
  readonly sampledAt: number | null;
  readonly status: 'judged' | 'held' | 'absent';
  /** Why there is no value; also where the last one stands in for it (`no_data: hold`). */
  readonly absence: Absence | null;
  /** Since when there is no fresh value; null: this one is. */
  readonly since: number | null;
  /**
   * 0 good .. 1 critical; null: no data. Too little traffic is covered, so it is absent with a penalty of 0; with
   * `no_data: worst` an absent metric has a penalty of 1.
   */
  readonly penalty: number | null;
  /** Of its level's weighted score; 0 when not counted. */
  readonly pointsLost: number;
  readonly moving: boolean;
}

/** What all metrics of one instance come to at one evaluation. */
export interface Assessment {
  readonly judgements: readonly Judgement[];
  readonly levels: readonly LevelScore[];
  /** 0..1; below the policy's `minCoverage` there is no score, unless the process is down. */
  readonly coverage: number;
  /** Raw score 0..100; null: not enough data to judge. */
  readonly score: number | null;
  /** A counted `up` metric says that the process is down. */
  readonly down: boolean;
}
