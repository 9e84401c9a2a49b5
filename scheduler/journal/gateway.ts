import type { GatewayView } from '../client/index.js';
import type { NewEntry } from './store.js';
import { own } from '../../lib/own.js';

/** Stages at which the candidate was already in force, so that the last good plan had to be brought back. */
const promoted: ReadonlySet<string> = new Set(['reload', 'prove']);

const reloaded = (revision: string, ms: number): string =>
  `nginx -t ok, reload ${Math.round(ms)} ms, new workers serve plan ${revision}`;

const say = (weight: number): string => (weight === 0 ? 'out' : `weight ${weight}`);

interface Change {
  readonly upstream: string;
  readonly instance: string;
  /** Null: it was, or is, not among the servers. */
  readonly from: number | null;
  readonly to: number | null;
}

const weightsOf = (view: GatewayView, upstream: string): ReadonlyMap<string, number> =>
  new Map(own(view.servers, upstream)?.map(({ instance, weight }) => [instance, weight]));

/** The servers whose weight the attempt changed, those too that came or went. No upstream at all: what is served is not known. */
const changes = (before: GatewayView, after: GatewayView): readonly Change[] => {
  const upstreams = Object.keys(after.servers);
  if (upstreams.length === 0) return [];
  return [...new Set([...upstreams, ...Object.keys(before.servers)])].flatMap((upstream) => {
    const [old, now] = [weightsOf(before, upstream), weightsOf(after, upstream)];
    return [...new Set([...now.keys(), ...old.keys()])]
      .map((instance) => ({ upstream, instance, from: old.get(instance) ?? null, to: now.get(instance) ?? null }))
      .filter(({ from, to }) => from !== to);
  });
};

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
  return changes(before, after).map(({ upstream, instance, from, to }) => ({
    ...base,
    service: serviceOf(upstream),
    instance,
    code: 'APPLIED',
    text: `${from === null ? 'new' : say(from)} -> ${to === null ? 'gone' : say(to)}, ${proof}`,
    data: { ...data, upstream, from, to },
  }));
};
