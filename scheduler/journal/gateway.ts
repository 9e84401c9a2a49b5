import type { GatewayView } from '../client/index.js';
import type { NewEntry } from './store.js';
import { own } from '../../lib/own.js';

/** Stages at which the candidate was already in force, so that the last good plan had to be brought back. */
const promoted: ReadonlySet<string> = new Set(['reload', 'prove']);

const reloaded = (revision: string, ms: number): string =>
  `nginx -t ok, reload ${Math.round(ms)} ms, new workers serve plan ${revision}`;

type Server = GatewayView['servers'][string][number];

const say = (weight: number): string => (weight === 0 ? 'out' : `weight ${weight}`);

/** The servers whose weight the attempt changed, each with its upstream. */
const changes = (before: GatewayView, after: GatewayView): { upstream: string; server: Server; was: number | null }[] =>
  Object.entries(after.servers).flatMap(([upstream, servers]) => {
    const old = new Map(own(before.servers, upstream)?.map((server) => [server.instance, server.weight]));
    return servers
      .map((server) => ({ upstream, server, was: old.get(server.instance) ?? null }))
      .filter(({ server, was }) => was !== server.weight);
  });

/**
 * Journal lines of one attempt of the gateway: one for each instance whose served weight changed, or one for a failure.
 * `serviceOf` names the service behind an upstream.
 */
export const gatewayEntries = (
  before: GatewayView,
  after: GatewayView,
  serviceOf: (upstream: string) => string | null,
  token: number | null,
): NewEntry[] => {
  const { last } = after;
  if (!last || (before.last?.at === last.at && before.last.revision === last.revision)) return [];
  const base = { at: last.at, kind: 'gateway', action: null, token } as const;
  const data = { revision: last.revision, stage: last.stage, reloadMs: last.reloadMs };
  if (!last.ok) {
    const text = `plan ${last.revision} failed at ${last.stage}: ${last.text}`;
    return [
      {
        ...base,
        service: null,
        instance: null,
        code: promoted.has(last.stage) ? 'ROLLED_BACK' : 'REJECTED',
        text,
        data,
      },
    ];
  }
  const proof = last.reloadMs === null ? last.text : reloaded(last.revision, last.reloadMs);
  return changes(before, after).map(({ upstream, server, was }) => ({
    ...base,
    service: serviceOf(upstream),
    instance: server.instance,
    code: 'APPLIED',
    text: `${was === null ? 'new' : say(was)} -> ${say(server.weight)}, ${proof}`,
    data: { ...data, upstream, from: was, to: server.weight },
  }));
};
