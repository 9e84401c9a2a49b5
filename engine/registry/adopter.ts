import { isDeepStrictEqual } from 'node:util';
import { formatProblem, type DiscoverConfig, type ServiceName, type ServicePolicy } from '../../config/index.js';
import { loadPresets, loadService } from '../../config/load.js';
import type { Clock } from '../../lib/clock.js';
import { toError } from '../../lib/errors.js';
import type { CatalogService, ConsulAccess, ServicesEvent } from '../../lib/consul/index.js';
import type { Log } from '../../lib/log.js';
import { runLoop } from '../../lib/loop.js';
import { askMetaOf, noAdoption, stepAdoption, type Adopted, type AdoptionMemory } from './adoption.js';

/** How long what a service's instances say of its preset is believed. */
const metaMs = 60_000;
/** Services asked for it in one go: at first, and again. */
const metasAtOnce = { first: 100, again: 5 } as const;
const tickMs = 1_000;

type Checks = Omit<Parameters<typeof loadService>[3], 'env'>;

export interface AdopterOptions {
  readonly consul: Pick<ConsulAccess, 'health' | 'watchServices'>;
  /** Null: nobody is adopted. */
  readonly policy: () => DiscoverConfig | null;
  readonly filed: () => ReadonlySet<string>;
  readonly maxStaleMs: number;
  readonly checks: Checks;
  readonly clock: Clock;
  readonly log: Log;
  /** All that are adopted now. */
  readonly onAdopted: (policies: readonly ServicePolicy[]) => void;
}

/** Follows the catalog for services that ask to be scored, and makes policies of them: observed only, nothing is ever done. */
export class Adopter {
  readonly #options: AdopterOptions;
  readonly #presets = loadPresets();
  readonly #metas = new Map<string, { readonly preset: string | null; readonly at: number }>();
  #services: readonly CatalogService[] | null = null;
  #memory: AdoptionMemory = noAdoption;
  #adopted: readonly Adopted[] = [];
  #problems: readonly string[] = [];
  #watching = false;

  constructor(options: AdopterOptions) {
    this.#options = options;
  }

  /** Who has the tag and is not scored, and why. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** Until the signal aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    let watch: Promise<void> = Promise.resolve();
    await runLoop(
      { name: 'adopt services', everyMs: tickMs, clock, log },
      async () => {
        const policy = this.#options.policy();
        if (policy !== null && !this.#watching) watch = this.#watch(signal);
        if (policy !== null) await this.#askMetas(policy, signal);
        this.#step(policy);
      },
      signal,
    );
    await watch;
  }

  #watch(signal: AbortSignal): Promise<void> {
    const { consul, maxStaleMs } = this.#options;
    this.#watching = true;
    return consul.watchServices({ stale: true, maxStaleMs }, signal, (event: ServicesEvent) => {
      // While Consul fails, who was there last is still believed to be.
      if (event.kind === 'value') this.#services = event.value;
    });
  }

  /** A preset may stand in the meta of the instances: the least by id tells. */
  async #askMetas(policy: DiscoverConfig, signal: AbortSignal): Promise<void> {
    const { consul, clock } = this.#options;
    const asked = new Set<string>(askMetaOf(this.#services ?? [], policy));
    for (const name of this.#metas.keys()) if (!asked.has(name)) this.#metas.delete(name);
    const isOld = (name: string): boolean => clock.mono() - (this.#metas.get(name)?.at ?? -Infinity) > metaMs;
    const first = [...asked].filter((name) => !this.#metas.has(name)).slice(0, metasAtOnce.first);
    const again = [...asked].filter((name) => this.#metas.has(name) && isOld(name)).slice(0, metasAtOnce.again);
    for (const name of [...first, ...again]) {
      const list = await consul.health(name, { selector: null }, signal).catch(() => null);
      if (list === null) return;
      const key = `${policy.tag}_preset`;
      const preset = list.entries.map(({ meta }) => (Object.hasOwn(meta, key) ? meta[key] : undefined)).find(Boolean);
      this.#metas.set(name, { preset: preset ?? null, at: clock.mono() });
    }
  }

  #step(policy: DiscoverConfig | null): void {
    const { clock, filed } = this.#options;
    if (policy === null) {
      this.#memory = noAdoption;
      return this.#take([], []);
    }
    if (this.#services === null) return;
    const inputs = {
      services: this.#services,
      metas: new Map([...this.#metas].map(([name, { preset }]) => [name, preset])),
      filed: filed(),
      presets: new Set(this.#presets.keys()),
    };
    const { memory, adopted, problems } = stepAdoption(this.#memory, inputs, policy, clock.mono());
    this.#memory = memory;
    this.#take(adopted, problems);
  }

  #take(adopted: readonly Adopted[], problems: readonly string[]): void {
    const { log, onAdopted } = this.#options;
    if (!isDeepStrictEqual(problems, this.#problems) && problems.length > 0)
      log.warn({ problems }, 'services have the tag and are not scored');
    this.#problems = problems;
    if (isDeepStrictEqual(adopted, this.#adopted)) return;
    this.#adopted = adopted;
    log.info({ services: adopted.map(({ service }) => service) }, 'services without a file are scored by their tag');
    try {
      onAdopted(adopted.flatMap((each) => this.#policyOf(each)));
    } catch (thrown) {
      log.error({ err: toError(thrown) }, 'services that were found cannot be scored');
    }
  }

  #policyOf({ service, presets }: Adopted): readonly ServicePolicy[] {
    const { checks, log } = this.#options;
    const text = JSON.stringify({ service, preset: presets });
    const { value, problems } = loadService(adoptedFile(service), text, this.#presets, { ...checks, env: {} });
    if (value !== null) return [value];
    log.warn({ service, problems: problems.map(formatProblem) }, 'a service that was found cannot be scored');
    return [];
  }
}

/** Where a policy says that it comes from. */
export const adoptedFile = (service: ServiceName): string => `consul:${service}`;
