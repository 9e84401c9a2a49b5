/**
 * The resolved configuration: what the services run on, after file, preset and defaults were merged and every unit was
 * parsed. Durations are milliseconds (`…Ms`), percentages are fractions 0..1, scores are 0..100.
 * The shape of the files themselves is in `config/schema/`.
 */
import type { InstanceId, MetricName, ServiceName } from './names.js';

export type Level = 'app' | 'system' | 'gateway';
export const levels = ['app', 'system', 'gateway'] as const satisfies readonly Level[];

/** Where a metric's value comes from. All selectors and queries are PromQL over the series of one instance. */
export type MetricSource =
  /** Any instant-vector query with one element, judged as a gauge: the best of its last three values counts. */
  | { readonly kind: 'query'; readonly promql: string }
  /** Two counters, as plain selectors; judged by the Wilson lower bound of bad/total over several windows. */
  | { readonly kind: 'ratio'; readonly bad: string; readonly total: string }
  /** 1 when at least `atLeast` requests are in flight and none completed within an interval, else 0. */
  | { readonly kind: 'stall'; readonly inFlight: string; readonly completed: string; readonly atLeast: number }
  /**
   * A Prometheus server's answer, judged like `query`. `promql` is sent as it is; an element of the answer belongs to the
   * instance whose rendered `match` stands in its `label`.
   */
  | { readonly kind: 'prometheus'; readonly promql: string; readonly label: string; readonly match: string }
  /** The engine's own observation of the process: 1 = up, 0 = down. */
  | { readonly kind: 'up' };

/** How the linear penalty is bent before it counts. */
export type Curve =
  | { readonly kind: 'linear' }
  /** mathjs over `cur good critical p` and `<metric>.cur|p` of other metrics of the service; closed scope. */
  | { readonly kind: 'expression'; readonly text: string }
  /** p falls back with a half-life after a burst. */
  | { readonly kind: 'decay'; readonly halfLifeMs: number };

/** What counts while a metric has no value: nothing, the last value judged for a while, or the worst. */
export type NoData =
  { readonly kind: 'skip' } | { readonly kind: 'hold'; readonly forMs: number } | { readonly kind: 'worst' };

export interface MetricPolicy {
  readonly name: MetricName;
  readonly level: Level;
  readonly source: MetricSource;
  /** p = 0 at `good`, 1 at `critical`; either may be the larger, never equal. */
  readonly good: number;
  readonly critical: number;
  readonly weight: number;
  /** At p = 1 the level's score cannot exceed this (0..100); null: no ceiling. */
  readonly cap: number | null;
  readonly curve: Curve;
  /** `dependency`: lowers the weight, never justifies a restart. */
  readonly blame: 'self' | 'dependency';
  /** Computed and shown, not counted. */
  readonly dryRun: boolean;
  /**
   * The value means something only while requests flow: below `atLeast` it counts as covered with p = 0, and while the
   * instance is out of rotation the last judged value is held. Ratio and stall metrics depend on traffic by themselves.
   */
  readonly minTraffic: { readonly promql: string; readonly atLeast: number } | null;
  readonly noData: NoData;
  /** For people: how to print the value. */
  readonly unit: 'none' | 'seconds' | 'ratio' | 'bytes' | 'count';
}

/** What pages are written in. `auto`: as each says by its Content-Type, or itself. `actuator`: Spring Boot's `/actuator/metrics`. */
export type ScrapeFormat = 'auto' | 'prometheus' | 'openmetrics' | 'json' | 'actuator';
export const scrapeFormats = [
  'auto',
  'prometheus',
  'openmetrics',
  'json',
  'actuator',
] as const satisfies readonly ScrapeFormat[];

export interface ScrapePolicy {
  readonly scheme: 'http' | 'https';
  readonly path: string;
  readonly format: ScrapeFormat;
  /** Pages are asked for compressed; what comes compressed is read in any case. */
  readonly gzip: boolean;
  /** Replaces the port registered in Consul. */
  readonly port: number | null;
  readonly intervalMs: number;
  /** Connect and whole-response timeouts; never more than 0.8 of the interval. */
  readonly connectTimeoutMs: number;
  readonly timeoutMs: number;
  readonly bodyLimitBytes: number;
}

export interface SystemPolicy {
  /** May name `{{node.address}}`, `{{node.name}}`, `{{instance.address}}`. One page per distinct URL, shared by its instances. */
  readonly url: string;
  readonly format: ScrapeFormat;
  readonly gzip: boolean;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly bodyLimitBytes: number;
}

/** Files are paths; what they hold is read when it is needed, so that it may be renewed, and stands in no policy. */
export interface TlsPolicy {
  readonly caFile: string | null;
  /** Shown to the server; both or none. */
  readonly certFile: string | null;
  readonly keyFile: string | null;
  /** Expected in its certificate instead of the URL's host. */
  readonly serverName: string | null;
  /** Believe any certificate. */
  readonly insecureSkipVerify: boolean;
}

/** The Prometheus server that metrics with `source: prometheus` ask: one question each, for all instances at once. */
export interface PrometheusPolicy {
  /** Base URL; `/api/v1/query` follows. */
  readonly url: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly bodyLimitBytes: number;
  /** How far back the server may look for a sample; null: as far as it usually does (5 min). */
  readonly maxAgeMs: number | null;
  readonly tokenFile: string | null;
  readonly basicAuth: { readonly username: string; readonly passwordFile: string } | null;
  /** Not secret: a tenant, for example. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsPolicy | null;
}

export interface ZonePolicy {
  readonly goodScore: number;
  readonly criticalScore: number;
  /** Weight is full from here on; `goodScore` unless set. */
  readonly maxScore: number;
  readonly fall: number;
  readonly rise: number;
  readonly minCoverage: number;
}

export interface ScoringPolicy {
  readonly zones: ZonePolicy;
  readonly combine: 'worst' | 'mean';
  readonly levelWeights: Readonly<Record<Level, number>>;
  readonly halfLifeDownMs: number;
  readonly halfLifeUpMs: number;
  /** A new instance's first samples do not count. */
  readonly blackoutMs: number;
  /** A score older than this many intervals is stale (zone `unknown`). */
  readonly staleIntervals: number;
}

export interface TrafficPolicy {
  /** Name of the NGINX upstream. */
  readonly upstream: string;
  readonly mode: 'observe' | 'act';
  readonly maxWeight: number;
  /** Share of `maxWeight` that an instance in rotation never falls under. */
  readonly floor: number;
  readonly slowStartMs: number;
  /** NGINX may try an idempotent request once on another server. */
  readonly retries: boolean;
  readonly connectTimeoutMs: number;
  readonly readTimeoutMs: number;
  readonly breaker: BreakerPolicy;
}

export interface BreakerPolicy {
  readonly openMs: number;
  readonly openMaxMs: number;
  /** Probation: this many requests and this many good scores in a row. */
  readonly requests: number;
  readonly goodScores: number;
  /** Without traffic to judge by, probation ends after this without contrary evidence. */
  readonly quietMs: number;
  /** One step back per good period of this length. */
  readonly forgiveMs: number;
}

export interface DrainPolicy {
  /** PromQL for the requests in flight; null: wait for the deadline. */
  readonly inFlight: string | null;
  readonly deadlineMs: number;
}

/** A count, or a share of the desired count, rounded up. */
export type Quantity =
  { readonly kind: 'count'; readonly value: number } | { readonly kind: 'share'; readonly value: number };

/** From the mildest: an HTTP request to the instance, the same process anew, another one in its place. */
export type LadderStep =
  | {
      readonly do: 'gentle';
      /** Path on the instance that is sent a POST. */
      readonly post: string;
      /** Replaces the port registered in Consul. */
      readonly port: number | null;
      readonly timeoutMs: number;
      readonly verifyMs: number;
    }
  | { readonly do: 'restart'; readonly verifyMs: number }
  | {
      readonly do: 'replace';
      /** Where ports and names allow it. */
      readonly startNewFirst: boolean;
      readonly verifyMs: number;
    };

/** What Ballast may do by itself, from the least. */
export type HealMode = 'observe' | 'suggest' | 'act';

export interface HealPolicy {
  /** The ceiling that people set. Within it the level falls by itself, and never rises above it. */
  readonly mode: HealMode;
  /** A message for each episode, or one that gathers them. */
  readonly notify: 'each' | 'summary';
  /** Red and out this long before a step; shorter when the process is down. */
  readonly afterMs: number;
  readonly afterDownMs: number;
  readonly ladder: readonly LadderStep[];
  /** A single instance is restarted in place only if its file says so. */
  readonly single: 'never' | 'restart';
  /** SIGTERM, then this, then SIGKILL. */
  readonly graceMs: number;
  /** Green for this long, or one scoring window if larger, is verified. */
  readonly greenForMs: number;
}

export interface GuardrailPolicy {
  readonly desired: number | null;
  readonly minAvailable: Quantity;
  readonly maxConcurrent: Quantity;
  /** Attempts in a sliding hour, for the service and for any one node. */
  readonly maxActions: number;
  readonly maxActionsPerNode: number;
  readonly cooldownMs: number;
  readonly backoff: { readonly firstMs: number; readonly maxMs: number; readonly jitter: number };
  readonly panic: number;
  readonly warmUpMs: number;
  /** The metric whose value the others would share, and that must stay under its critical value; null: not asked. */
  readonly headroom: { readonly metric: string } | null;
  readonly shrink: { readonly share: number; readonly atLeast: number; readonly confirmations: number };
}

export type RuntimePolicy =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'docker';
      /** Container label that holds the Consul service id. */
      readonly label: string;
    }
  | {
      readonly kind: 'exec';
      /** Argument lists, run without a shell; `{{instance.id}}`, `{{service}}`, `{{pid}}` are replaced. */
      readonly restart: readonly string[];
      /** Null: it cannot replace. */
      readonly replace: readonly string[] | null;
      /** File that holds the pid; may name `{{instance.id}}`. */
      readonly pidFile: string;
    };

/** While it is open nothing is healed, and that is no trouble. */
export interface MaintenanceWindow {
  /** Five fields: when it begins, by the clock of the time zone. */
  readonly cron: string;
  readonly timezone: string;
  readonly forMs: number;
  readonly reason: string;
}

export interface ServicePolicy {
  readonly service: ServiceName;
  /** Where it was read, for messages. */
  readonly file: string;
  /** Digest of everything that a score depends on; stored with every score. */
  readonly hash: string;
  readonly owner: string | null;
  /** Consul's own filter language. */
  readonly selector: string | null;
  /** Where it is looked for; none named: in the datacenter of the agent, or of `consul.datacenter`. */
  readonly datacenters: readonly string[];
  readonly presets: readonly string[];
  readonly scrape: ScrapePolicy;
  readonly system: SystemPolicy | null;
  readonly prometheus: PrometheusPolicy | null;
  readonly metrics: readonly MetricPolicy[];
  readonly scoring: ScoringPolicy;
  readonly traffic: TrafficPolicy | null;
  readonly drain: DrainPolicy;
  readonly heal: HealPolicy;
  readonly guardrails: GuardrailPolicy;
  readonly runtime: RuntimePolicy;
  /** Instances that are never healed. */
  readonly protected: readonly InstanceId[];
  readonly maintenance: readonly MaintenanceWindow[];
}

export interface ConsulConfig {
  readonly url: string;
  readonly token: string | null;
  /** Holds the token instead: read when it is needed, so that it may be renewed. */
  readonly tokenFile: string | null;
  readonly tls: TlsPolicy | null;
  readonly datacenter: string | null;
  /** KV prefix, ends with a slash. */
  readonly prefix: string;
  /** A stale read older than this is not used. */
  readonly maxStaleMs: number;
  readonly session: { readonly ttlMs: number; readonly renewMs: number; readonly lockDelayMs: number };
}

export interface ListenConfig {
  readonly host: string;
  readonly port: number;
  /** Bearer tokens; obligatory unless the address is loopback. */
  readonly tokens: readonly string[];
}

export interface GatewayConfig {
  readonly binary: string;
  /** NGINX's `-p` and `-c`; null: those compiled in. */
  readonly prefix: string | null;
  readonly config: string;
  /** Folder that our files are written into and that the configuration includes. */
  readonly directory: string;
  /** Folder with the user's own templates; null: the built-in ones. */
  readonly templates: string | null;
  /** Address of the mark's server, loopback. */
  readonly mark: { readonly host: string; readonly port: number };
  readonly workerShutdownTimeoutMs: number;
  readonly routineReloadMs: number;
  readonly routineBurst: number;
  readonly urgentReloadMs: number;
  /** Live worker generations at which routine and urgent reloads stop. */
  readonly routineGenerations: number;
  readonly urgentGenerations: number;
  /** Raising waits until changes were quiet this long, at most `gatherMaxMs`. */
  readonly gatherQuietMs: number;
  readonly gatherMaxMs: number;
  readonly verifyTimeoutMs: number;
}

/** Services that are scored without a file, because they carry a tag in Consul. */
export interface DiscoverConfig {
  readonly tag: string;
  /** For those that name none; none: such a service is not scored. */
  readonly presets: readonly string[];
  readonly limit: number;
  /** Asked for the same for this long before it is scored; gone for that long before it is not. */
  readonly appearMs: number;
  readonly vanishMs: number;
}

export type NotifyLevel = 'page' | 'warn' | 'info';

export interface WebhookConfig {
  readonly name: string;
  readonly url: string;
  /** Key of the signature; null: not signed. */
  readonly secret: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly levels: readonly NotifyLevel[];
}

export interface NotifyConfig {
  /** Where people reach the scheduler; null: at the address that it listens on. */
  readonly link: string | null;
  /** How often services with `heal.notify: summary` are summed up. */
  readonly summaryMs: number;
  readonly webhooks: readonly WebhookConfig[];
}

export interface HeartbeatConfig {
  readonly url: string;
  readonly everyMs: number;
  readonly method: 'POST' | 'GET';
  readonly secret: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** `config/ballast.yaml`: everything that is not about one service. */
export interface BallastConfig {
  readonly file: string;
  readonly servicesDirectory: string;
  readonly consul: ConsulConfig;
  /** Null: nobody is scored without a file. */
  readonly discover: DiscoverConfig | null;
  readonly engine: {
    readonly listen: ListenConfig;
    /** Absolute path of the folder that holds its database. */
    readonly data: string;
    /** How long each resolution of history is kept, and how large its file may grow. */
    readonly history: {
      readonly rawMs: number;
      readonly minuteMs: number;
      readonly hourMs: number;
      readonly maxBytes: number;
    };
    readonly scrapeConcurrency: number;
  };
  readonly scheduler: {
    readonly listen: ListenConfig;
    /** Absolute path of the folder that holds its database. */
    readonly data: string;
    /** Base URL and token of the engine. */
    readonly engine: { readonly url: string; readonly token: string | null };
    /** Attempts in a sliding hour, over all services. */
    readonly maxActions: number;
    /** Healings at once, over all services. */
    readonly maxConcurrent: number;
    /** Of all services together. */
    readonly maintenance: readonly MaintenanceWindow[];
  };
  readonly gateway: GatewayConfig | null;
  readonly notify: NotifyConfig;
  /** Null: none is sent. */
  readonly heartbeat: HeartbeatConfig | null;
  readonly docker: { readonly socket: string };
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' };
}

export interface Configuration {
  readonly ballast: BallastConfig;
  readonly services: ReadonlyMap<ServiceName, ServicePolicy>;
}
