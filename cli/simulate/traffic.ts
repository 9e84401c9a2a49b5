/** Clients and the proxy: who gets how many requests, what fails, what a retry saves. */
import type { DesiredUpstream } from '../../scheduler/gateway/types.js';
import type { Chance } from './chance.js';
import type { Process } from './process.js';

/** Share of requests that a proxy may try again. The rest are POSTs. */
const idempotent = 0.7;

export interface Served {
  readonly requests: number;
  /** What clients saw fail. */
  readonly errors: number;
}

interface Share {
  readonly process: Process;
  count: number;
  failed: number;
}

/** Of requests to it, this share fails as a client sees it: at once where nobody listens, after a time-out where it hangs. */
const failing = ({ alive, condition }: Process, baseErrors: number): number =>
  !alive || condition.hangs ? 1 : 1 - (1 - condition.errors) * (1 - baseErrors);

const spread = (
  count: number,
  servers: DesiredUpstream['servers'],
  byId: ReadonlyMap<string, Process>,
  chance: Chance,
) => {
  const shares: Share[] = [];
  let [left, weights] = [count, servers.reduce((sum, { weight }) => sum + weight, 0)];
  for (const { instance, weight } of servers) {
    const process = byId.get(instance);
    const drawn = weights <= weight ? left : chance.binomial(left, weight / weights);
    left -= drawn;
    weights -= weight;
    if (process && weight > 0) shares.push({ process, count: drawn, failed: 0 });
  }
  return shares;
};

/** One step's requests to an upstream. A server that is not there any more refuses, as a dead one does. */
export const serve = (
  { servers, retries }: Pick<DesiredUpstream, 'servers' | 'retries'>,
  byId: ReadonlyMap<string, Process>,
  requests: number,
  baseErrors: number,
  chance: Chance,
): Served => {
  const shares = spread(requests, servers, byId, chance);
  for (const share of shares) share.failed = chance.binomial(share.count, failing(share.process, baseErrors));
  const firstFailed = shares.reduce((sum, { failed }) => sum + failed, 0);
  const reached = shares.reduce((sum, { count }) => sum + count, 0);
  let errors = firstFailed + (requests - reached);
  if (retries && firstFailed > 0 && shares.length > 1) {
    const again = chance.binomial(firstFailed, idempotent);
    // Another server than the first: most first failures were at the worst one, so the others' mean is what they meet.
    const worst = shares.reduce((one, other) => (other.failed > one.failed ? other : one));
    const others = shares.filter((share) => share !== worst);
    const rest = others.reduce((sum, { count }) => sum + count, 0);
    const failedThere = others.reduce((sum, { failed }) => sum + failed, 0);
    errors = firstFailed - again + chance.binomial(again, rest === 0 ? 1 : failedThere / rest) + (requests - reached);
  }
  for (const { process, count, failed } of shares) if (process.alive) process.serve(count, Math.min(count, failed));
  return { requests, errors };
};
