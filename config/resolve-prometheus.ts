/** The Prometheus server of a service over the defaults; and what metrics that ask it may and may not say. */
import { dirname, resolve } from 'node:path';
import * as defaults from './defaults.js';
import type { MetricFiles } from './metrics.js';
import { instancePlaceholders, unknownPlaceholders } from './placeholders.js';
import type { PrometheusPolicy, ServicePolicy, TlsPolicy } from './policy.js';
import { finding } from './problems.js';
import type { Finding, KeyPath } from './problems.js';
import type { PrometheusFile, TlsFile } from './schema/prometheus.js';
import { formatDuration } from './units.js';

/** Paths are relative to the file that names them. */
const beside = (file: string, path: string): string => resolve(dirname(file), path);
const besideOrNull = (file: string, path: string | undefined): string | null =>
  path === undefined ? null : beside(file, path);

export const tlsOf = (tls: TlsFile | undefined, file: string): TlsPolicy | null =>
  tls === undefined
    ? null
    : {
        caFile: besideOrNull(file, tls.ca_file),
        certFile: besideOrNull(file, tls.cert_file),
        keyFile: besideOrNull(file, tls.key_file),
        serverName: tls.server_name ?? null,
        insecureSkipVerify: tls.insecure_skip_verify ?? false,
      };

/** What is wrong with a TLS section at `path`, of a server with this URL. */
export const tlsFindings = (tls: TlsFile | undefined, url: string, path: KeyPath): readonly Finding[] => {
  if (tls === undefined) return [];
  const findings: Finding[] = [];
  if (!url.startsWith('https:'))
    findings.push(finding(path, `the URL ${url} is not https, so no certificate is ever looked at`, 'write https://'));
  if ((tls.cert_file === undefined) !== (tls.key_file === undefined))
    findings.push(finding(path, 'cert_file and key_file belong together', 'give both, or neither'));
  if (tls.insecure_skip_verify === true && tls.ca_file !== undefined)
    findings.push(
      finding([...path, 'insecure_skip_verify'], 'believes any certificate, so ca_file says nothing', 'keep one'),
    );
  return findings;
};

export const prometheusOf = (file: PrometheusFile, path: string): PrometheusPolicy => {
  const d = defaults.prometheus;
  const intervalMs = file.interval ?? d.intervalMs;
  const basic = file.basic_auth;
  return {
    url: file.url.replace(/\/+$/, ''),
    intervalMs,
    timeoutMs: Math.min(file.timeout ?? d.timeoutMs, Math.round(intervalMs * defaults.timeoutShare)),
    bodyLimitBytes: file.body_limit ?? d.bodyLimitBytes,
    maxAgeMs: file.max_age ?? null,
    tokenFile: besideOrNull(path, file.token_file),
    basicAuth:
      basic === undefined ? null : { username: basic.username, passwordFile: beside(path, basic.password_file) },
    headers: file.headers ?? {},
    tls: tlsOf(file.tls, path),
  };
};

/** Headers that we send ourselves, or that carry secrets, which belong into files. */
const ownHeaders =
  /^(?:authorization|cookie|content-type|content-length|host|accept-encoding|connection|transfer-encoding)$/i;

/** What is wrong with the section itself. */
export const serverFindings = (file: PrometheusFile | undefined): readonly Finding[] => {
  if (file === undefined) return [];
  const header = Object.keys(file.headers ?? {}).find((name) => ownHeaders.test(name));
  const interval = file.interval ?? defaults.prometheus.intervalMs;
  const rules: readonly (readonly [boolean, KeyPath, string, string | null])[] = [
    [
      file.token_file !== undefined && file.basic_auth !== undefined,
      ['token_file'],
      'token_file and basic_auth are both given',
      'keep one',
    ],
    [header !== undefined, ['headers'], `"${header ?? ''}" cannot be set here`, 'secrets: token_file or basic_auth'],
    [
      file.timeout !== undefined && file.timeout > interval,
      ['timeout'],
      `timeout ${formatDuration(file.timeout ?? 0)} is longer than the interval ${formatDuration(interval)}`,
      null,
    ],
    ...matchRules(file.match, ['match']),
  ];
  const own = rules
    .filter(([broken]) => broken)
    .map(([, path, message, hint]) => finding(['prometheus', ...path], message, hint));
  return [...own, ...tlsFindings(file.tls, file.url, ['prometheus', 'tls'])];
};

const matchRules = (
  match: string | undefined,
  path: KeyPath,
): readonly (readonly [boolean, KeyPath, string, string])[] => {
  if (match === undefined) return [];
  const unknown = unknownPlaceholders(match, instancePlaceholders);
  const known = `known: ${instancePlaceholders.map((name) => `{{${name}}}`).join(', ')}`;
  return [
    [unknown.length > 0, path, `unknown placeholder {{${unknown[0] ?? ''}}}`, known],
    [!match.includes('{{'), path, `"${match}" is the same for every instance`, known],
  ];
};

const others = ['ratio', 'stall', 'up'] as const;
const whyNot: Readonly<Record<(typeof others)[number], string>> = {
  ratio:
    'ratio judges counters by evidence over several windows, which needs the counters as Ballast itself scrapes them',
  stall: 'stall compares two scrapes of one page',
  up: "up is the engine's own observation",
};

/** What is wrong with the metrics of a service that ask a server, or seem to. `metrics`: as layered, of file and presets. */
export const askingFindings = (metrics: MetricFiles, server: PrometheusFile | undefined): readonly Finding[] =>
  Object.entries(metrics).flatMap(([name, metric]) => {
    const at = (...path: KeyPath): KeyPath => ['metrics', name, ...path];
    if (metric.source !== 'prometheus') {
      const stray = (['label', 'match'] as const).find((key) => metric[key] !== undefined);
      return stray === undefined ? [] : [finding(at(stray), `"${stray}" belongs to a metric with source: prometheus`)];
    }
    const other = others.find((key) => metric[key] !== undefined);
    if (other !== undefined)
      return [
        finding(at('source'), `a Prometheus server cannot be asked for ${other}: ${whyNot[other]}`, 'write a query'),
      ];
    return [
      ...(metric.query === undefined ? [finding(at('source'), 'needs a query to send', null)] : []),
      ...(server === undefined
        ? [finding(at('source'), 'no Prometheus server is named', 'add prometheus: {url: http://prometheus:9090}')]
        : []),
      ...(/\$__?\w/.test(`${metric.query ?? ''}${metric.min_traffic?.query ?? ''}`)
        ? [finding(at('query'), 'is sent as it is, and Prometheus knows no $ variables', 'write a range, like [1m]')]
        : []),
      ...matchRules(metric.match, at('match'))
        .filter(([broken]) => broken)
        .map(([, path, message, hint]) => finding(path, message, hint)),
    ];
  });

/** A server that nobody asks is most likely a forgotten `source: prometheus`. */
export const unasked = ({ prometheus, metrics }: ServicePolicy): readonly Finding[] =>
  prometheus === null || metrics.some(({ source }) => source.kind === 'prometheus')
    ? []
    : [
        finding(
          ['prometheus'],
          'is named, but no metric has source: prometheus',
          'add it to the metrics that it answers',
        ),
      ];
