/** `ballast.yaml` over the defaults. Paths are relative to the file; secrets may stand in files of their own. */
import { dirname, resolve } from 'node:path';
import * as defaults from './defaults.js';
import { finding } from './problems.js';
import type { Finding, KeyPath } from './problems.js';
import { heartbeatOf, notifyOf } from './resolve-notify.js';
import { secretFile, secretOf, type Context, type ReadSecret } from './secrets.js';
import type { BallastConfig, ConsulConfig, DiscoverConfig, GatewayConfig, ListenConfig } from './policy.js';
import { tlsFindings, tlsOf } from './resolve-prometheus.js';
import type { BallastFile } from './schema/ballast.js';
import { maintenanceOf } from './schema/maintenance.js';
import { formatDuration } from './units.js';

type ListenFile = NonNullable<NonNullable<BallastFile['engine']>['listen']>;
const loopback = /^(?:127(?:\.\d+){3}|::1|localhost)$/;

const listenOf = (
  context: Context,
  section: KeyPath,
  file: ListenFile,
  d: { host: string; port: number },
): ListenConfig => {
  const fromFile = secretFile(context, [...section, 'tokens_file'], file.tokens_file)?.split(/\s+/) ?? [];
  const listen = {
    host: file.host ?? d.host,
    port: file.port ?? d.port,
    tokens: [...(file.tokens ?? []), ...fromFile],
  };
  if (!loopback.test(listen.host) && listen.tokens.length === 0) {
    const open = `${listen.host} can be reached by others, and no token is set`;
    context.findings.push(finding([...section, 'host'], open, 'set tokens_file, or listen on 127.0.0.1'));
  }
  return listen;
};

const consulOf = (context: Context, file: NonNullable<BallastFile['consul']>): ConsulConfig => {
  const d = defaults.consul;
  const session = {
    ttlMs: file.session?.ttl ?? d.session.ttlMs,
    renewMs: file.session?.renew ?? d.session.renewMs,
    lockDelayMs: file.session?.lock_delay ?? d.session.lockDelayMs,
  };
  if (session.renewMs > session.ttlMs / 2) {
    const late = `renew ${formatDuration(session.renewMs)} is more than half of the ttl ${formatDuration(session.ttlMs)}`;
    context.findings.push(finding(['consul', 'session', 'renew'], late, 'one lost renewal must not lose the lock'));
  }
  const prefix = file.prefix ?? d.prefix;
  const url = file.url ?? d.url;
  context.findings.push(...tlsFindings(file.tls, url, ['consul', 'tls']));
  // Looked at now, so that a mistake shows at once, and read again whenever it changes.
  const token = secretOf(context, ['consul'], 'token', file.token, file.token_file);
  const tokenFile = file.token_file === undefined ? null : resolve(dirname(context.file), file.token_file);
  return {
    url,
    token: tokenFile === null ? token : null,
    tokenFile,
    tls: tlsOf(file.tls, context.file),
    datacenter: file.datacenter ?? null,
    prefix: prefix.endsWith('/') ? prefix : `${prefix}/`,
    maxStaleMs: file.max_stale ?? d.maxStaleMs,
    session,
  };
};

const discoverOf = (file: BallastFile['discover']): DiscoverConfig | null => {
  const d = defaults.discover;
  if (file === false) return null;
  return {
    tag: file?.tag ?? d.tag,
    presets: file?.preset === undefined ? d.presets : [file.preset].flat(),
    limit: file?.limit ?? d.limit,
    appearMs: file?.appear ?? d.appearMs,
    vanishMs: file?.vanish ?? d.vanishMs,
  };
};

const gatewayOf = (context: Context, file: NonNullable<BallastFile['gateway']>): GatewayConfig => {
  const d = defaults.gateway;
  const r = file.reloads ?? {};
  const base = dirname(context.file);
  const host = file.mark?.host ?? d.mark.host;
  if (!loopback.test(host)) {
    context.findings.push(finding(['gateway', 'mark', 'host'], `${host} is no loopback address`, 'write 127.0.0.1'));
  }
  const config: GatewayConfig = {
    binary: file.binary ?? d.binary,
    prefix: file.prefix === undefined ? d.prefix : resolve(base, file.prefix),
    config: file.config === undefined ? d.config : resolve(base, file.config),
    directory: file.directory === undefined ? d.directory : resolve(base, file.directory),
    templates: file.templates === undefined ? d.templates : resolve(base, file.templates),
    mark: { host, port: file.mark?.port ?? d.mark.port },
    workerShutdownTimeoutMs: file.worker_shutdown_timeout ?? d.workerShutdownTimeoutMs,
    routineReloadMs: r.routine ?? d.routineReloadMs,
    routineBurst: r.burst ?? d.routineBurst,
    urgentReloadMs: r.urgent ?? d.urgentReloadMs,
    routineGenerations: r.routine_generations ?? d.routineGenerations,
    urgentGenerations: r.urgent_generations ?? d.urgentGenerations,
    gatherQuietMs: r.gather_quiet ?? d.gatherQuietMs,
    gatherMaxMs: r.gather_max ?? d.gatherMaxMs,
    verifyTimeoutMs: r.verify_timeout ?? d.verifyTimeoutMs,
  };
  if (config.urgentGenerations < config.routineGenerations) {
    const less = `${config.urgentGenerations} is under routine_generations ${config.routineGenerations}`;
    context.findings.push(finding(['gateway', 'reloads', 'urgent_generations'], less, 'urgent reloads must stop last'));
  }
  if (config.gatherQuietMs > config.gatherMaxMs) {
    context.findings.push(finding(['gateway', 'reloads', 'gather_quiet'], 'is longer than gather_max'));
  }
  return config;
};

const historyOf = (
  context: Context,
  file: NonNullable<NonNullable<BallastFile['engine']>['history']>,
): BallastConfig['engine']['history'] => {
  const d = defaults.engine.history;
  const history = {
    rawMs: file.raw ?? d.rawMs,
    minuteMs: file.minute ?? Math.max(d.minuteMs, file.raw ?? 0),
    hourMs: file.hour ?? Math.max(d.hourMs, file.minute ?? 0, file.raw ?? 0),
    maxBytes: file.max_size ?? d.maxBytes,
  };
  const shorter = (key: 'minute' | 'hour', ms: number, than: 'raw' | 'minute', otherMs: number): void => {
    const less = `${formatDuration(ms)} is shorter than ${than} ${formatDuration(otherMs)}`;
    if (ms < otherMs)
      context.findings.push(finding(['engine', 'history', key], less, 'what is coarser is kept for longer'));
  };
  shorter('minute', history.minuteMs, 'raw', history.rawMs);
  shorter('hour', history.hourMs, 'minute', history.minuteMs);
  return history;
};

/** The configuration is meaningful only without findings. */
export const resolveBallast = (
  parsed: BallastFile,
  file: string,
  readSecret: ReadSecret,
): { config: BallastConfig; findings: readonly Finding[] } => {
  const context: Context = { file, readSecret, findings: [] };
  const base = dirname(file);
  const { engine = {}, scheduler = {} } = parsed;
  const folder = (named: string | undefined, otherwise: string): string => resolve(base, named ?? otherwise);
  const config: BallastConfig = {
    file,
    servicesDirectory: folder(parsed.services, 'services'),
    consul: consulOf(context, parsed.consul ?? {}),
    discover: discoverOf(parsed.discover),
    engine: {
      listen: listenOf(context, ['engine', 'listen'], engine.listen ?? {}, defaults.engine.listen),
      data: folder(engine.data, defaults.engine.data),
      history: historyOf(context, engine.history ?? {}),
      scrapeConcurrency: engine.scrape_concurrency ?? defaults.engine.scrapeConcurrency,
    },
    scheduler: {
      listen: listenOf(context, ['scheduler', 'listen'], scheduler.listen ?? {}, defaults.scheduler.listen),
      data: folder(scheduler.data, defaults.scheduler.data),
      engine: {
        url: scheduler.engine?.url ?? defaults.scheduler.engineUrl,
        token: secretOf(
          context,
          ['scheduler', 'engine'],
          'token',
          scheduler.engine?.token,
          scheduler.engine?.token_file,
        ),
      },
      maxActions: scheduler.max_actions ?? defaults.scheduler.maxActions,
      maxConcurrent: scheduler.max_concurrent ?? defaults.scheduler.maxConcurrent,
      maintenance: maintenanceOf(parsed.maintenance),
    },
    gateway: parsed.gateway === undefined ? null : gatewayOf(context, parsed.gateway),
    notify: notifyOf(context, parsed.notify),
    heartbeat: heartbeatOf(context, parsed.heartbeat),
    docker: { socket: parsed.docker?.socket ?? defaults.dockerSocket },
    log: { level: parsed.log?.level ?? defaults.logLevel },
  };
  return { config, findings: context.findings };
};
