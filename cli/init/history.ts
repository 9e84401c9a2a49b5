/** What the engine remembers of a service that it scores already: days instead of seconds, as far as it was well. */
import type { ServicePolicy } from '../../config/index.js';
import type { Instance } from '../../engine/model.js';
import { queryText } from '../../engine/words.js';
import type { Api } from '../api.js';
import { each, type Seen } from './look.js';

export interface Remembered {
  /** By metric: the worst value of each step in which the instance was green throughout. */
  readonly values: ReadonlyMap<string, readonly number[]>;
  readonly instances: ReadonlyMap<string, number>;
  /** From the first to the last evaluation that is known. */
  readonly spanMs: number;
  /** Steps in which an instance was not well, which teach nothing of thresholds. */
  readonly leftOut: number;
}

const minuteMs = 60_000;
/** Enough for percentiles, and fewer than one answer may have. */
const points = 500;

/** Those that the engine measures by the same query under the same name. */
const comparable = async (api: Pick<Api, 'explain'>, policy: ServicePolicy, id: string): Promise<readonly string[]> => {
  const { metrics } = await api.explain(policy.service, id);
  const asked = new Map(metrics.map(({ name, query }) => [name, query]));
  return policy.metrics.filter((metric) => asked.get(metric.name) === queryText(metric)).map(({ name }) => name);
};

/** Null: no engine runs there, or it knows nothing of these instances. */
export const remember = async (
  api: Pick<Api, 'explain' | 'history'>,
  policy: ServicePolicy,
  instances: readonly Instance[],
  sinceMs: number,
  now: number,
): Promise<Remembered | null> => {
  const values = new Map<string, number[]>();
  const whose = new Map<string, number>();
  let [first, last, leftOut] = [Infinity, -Infinity, 0];
  const step = `${Math.max(1, Math.ceil(sinceMs / points / minuteMs))}m`;
  await each(instances, async ({ service, id }) => {
    const names = await comparable(api, policy, id).catch(() => []);
    if (names.length === 0) return;
    const query = { start: now - sinceMs, end: now, step, metrics: names.join(',') };
    const history = await api.history({ service, instance: id }, query).catch(() => null);
    if (history === null || history.span === null) return;
    first = Math.min(first, Math.max(history.span.first, now - sinceMs));
    last = Math.max(last, history.span.last);
    const well = history.points.filter(({ zones }) => zones.green === 1);
    leftOut += history.points.length - well.length;
    for (const metric of policy.metrics) {
      const spreads = well.flatMap((point) => point.metrics?.[metric.name]?.value ?? []);
      if (spreads.length === 0) continue;
      const worst = spreads.map(({ min, max }) => (metric.good > metric.critical ? min : max));
      values.set(metric.name, [...(values.get(metric.name) ?? []), ...worst]);
      whose.set(metric.name, (whose.get(metric.name) ?? 0) + 1);
    }
  });
  return values.size === 0 ? null : { values, instances: whose, spanMs: Math.max(0, last - first), leftOut };
};

/** What was seen, with what is remembered. */
export const withMemory = (seen: readonly Seen[], remembered: Remembered | null): readonly Seen[] =>
  seen.map((one) => {
    const more = remembered?.values.get(one.metric.name) ?? [];
    if (more.length === 0) return one;
    const instances = Math.max(one.instances, remembered?.instances.get(one.metric.name) ?? 0);
    return { ...one, values: [...one.values, ...more], instances, neverExposed: false, why: '' };
  });
