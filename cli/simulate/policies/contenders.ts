/** Who may say which request goes where. */
import type { Chance } from '../chance.js';
import { Checked } from './balancers/checked.js';
import { LeastConnections } from './balancers/least-connections.js';
import { Passive } from './balancers/passive.js';
import { RoundRobin } from './balancers/round-robin.js';
import { type Drawing, Steered } from './balancers/steered.js';
import type { Balancer } from './proxy.js';
import { afterErrors, afterTrouble, neverAgain } from './requests.js';
import type { Steering } from './steering.js';

/** Those without a scheduler. */
const peers = {
  'round robin': () => new RoundRobin(neverAgain),
  nginx: () => new Passive(afterTrouble),
  'nginx 5xx': () => new Passive(afterErrors),
  'retries only': () => new RoundRobin(afterErrors),
  'least conn': () => new LeastConnections(afterErrors),
  checks: () => new Checked(),
} as const satisfies Readonly<Record<string, () => Balancer>>;

export const peerWords: Readonly<Record<keyof typeof peers, string>> = {
  'round robin': 'one after the other; no retries, nobody is ejected',
  nginx: 'round robin as NGINX comes: proxy_next_upstream error timeout, max_fails=1, fail_timeout=10s',
  'nginx 5xx': 'the same, with http_500 502 503 504 in proxy_next_upstream, and two tries',
  'retries only': 'round robin with those two tries, and max_fails=0: our template without a scheduler',
  'least conn': 'least_conn with those two tries and max_fails=0',
  checks: 'round robin with health checks as of HAProxy: every 2 s, fall 3, rise 2; connections are tried again',
};

export type PeerName = keyof typeof peers;
export const peerNames = Object.keys(peers) as readonly PeerName[];
const isPeer = (name: string): name is PeerName => Object.hasOwn(peers, name);

/** `ballast`: traffic alone, as by default. `ballast+heal`: with the consent to heal. */
export const contenderNames = [...peerNames, 'ballast', 'ballast+heal'] as const;
export type ContenderName = (typeof contenderNames)[number];

export const balancerOf = (
  name: ContenderName,
  steering: Steering | null,
  { upstream, retries, drawing }: { readonly upstream: string; readonly retries: boolean; readonly drawing: Drawing },
  chance: Chance,
): Balancer => {
  if (isPeer(name)) return peers[name]();
  if (steering === null) throw new Error(`${name} needs a scheduler`);
  return new Steered(steering.gateway, upstream, retries ? afterErrors : neverAgain, drawing, chance);
};

export const isSteered = (name: ContenderName): boolean => !isPeer(name);
