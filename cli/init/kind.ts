/** Finds out what kind of service it is: where its page is, and which presets are for it. */
import { loadPresets } from '../../config/load.js';
import * as defaults from '../../config/defaults.js';
import { BallastError } from '../../lib/errors.js';
import { didYouMean } from '../../lib/spelling.js';
import { usageError } from '../exit.js';
import type { Instance, Sample, ScrapeOutcome, SeriesFilter } from '../../engine/model.js';
import { targetsOf } from '../../engine/registry/index.js';
import { fitsOf, nodePage, policyOf, type Fit, type Kind } from './detect.js';
import type { Found, Scraping } from './instances.js';
import type { World } from './look.js';

const everything: SeriesFilter = { names: new Set(), open: true, wants: () => true };

/** How many instances are asked for a first page before it is given up. */
const firstAsked = 3;

const candidates = (): readonly Scraping[] => {
  const paths = [...loadPresets().values()].flatMap(({ scrape }) => scrape?.path ?? []);
  return [...new Set([defaults.scrape.path, ...paths])].map((path) => ({ scheme: 'http', path }));
};

const whyNot = (outcome: ScrapeOutcome): string => (outcome.kind === 'page' ? 'it has no samples' : outcome.why);

interface Page {
  readonly scrape: Scraping;
  readonly instance: Instance;
  readonly samples: readonly Sample[];
  readonly fits: readonly Fit[];
}

/** The first page that can be read at that place, or why none can. */
const pageAt = async (
  scrape: Scraping,
  instances: readonly Instance[],
  { fetch, signal }: World,
): Promise<Page | string> => {
  let why = '';
  for (const instance of instances.slice(0, firstAsked)) {
    const policy = policyOf(instance.service, { presets: ['node'], scrape });
    const [target] = targetsOf([{ policy, instances: [instance] }]).targets;
    if (!target) continue;
    const { outcome } = await fetch(target, everything, signal);
    if (outcome.kind === 'page' && outcome.samples.length > 0)
      return { scrape, instance, samples: outcome.samples, fits: fitsOf(instance, outcome.samples) };
    why = `${target.url}: ${whyNot(outcome)}`;
  }
  return why;
};

/** Actuator's list of meters has texts alone; what it takes to read each of them is no first look. */
const actuatorHint =
  'expose /actuator/prometheus, or begin with the lines of docs/metrics.md: preset: spring-boot, and scrape: { path: /actuator/metrics, format: actuator }';

const unreadable = (whys: readonly string[]): BallastError =>
  new BallastError('NO_PAGE', `no metrics page can be read: ${whys.join('; ')}`, {
    hint: whys.some((why) => why.includes('/actuator/metrics:'))
      ? actuatorHint
      : 'name one: --url http://HOST:PORT/PATH',
  });

const noFit = ({ scrape, samples }: Page): BallastError => {
  const names = [...new Set(samples.map(({ name }) => name))];
  return new BallastError(
    'NO_PRESET',
    `no preset is for the page at ${scrape.path}: it has ${names.length} names, like ${names.slice(0, 5).join(', ')}`,
    { hint: 'name one with --preset, or write metrics of your own: docs/scores.md' },
  );
};

const shown = ({ fits }: Page): number => fits[0]?.shown.length ?? 0;

/** Whether the node beneath shows itself where the preset node-exporter looks. */
const hasNodePage = async (instance: Instance, { fetch, signal }: World): Promise<boolean> => {
  const target = nodePage(instance);
  if (target === null) return false;
  const { outcome } = await fetch(target, everything, signal);
  return outcome.kind === 'page' && outcome.samples.some(({ name }) => name.startsWith('node_'));
};

/** A path that the preset has by itself need not be written. */
const differing = (scrape: Scraping, presets: readonly string[], service: string): Scraping | null => {
  const own = policyOf(service, { presets, scrape: null }).scrape;
  return own.path === scrape.path && own.scheme === scrape.scheme ? null : scrape;
};

export interface Recognised extends Kind {
  /** A sentence: what was recognised by what. */
  readonly why: string;
}

const requireKnown = (named: readonly string[]): void => {
  const known = [...loadPresets().keys()];
  const unknown = named.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw usageError(`no preset "${unknown}"`, didYouMean(unknown, known) ?? `there are: ${known.join(', ')}`);
};

/** What the user named counts; the rest is looked up. */
export const recognise = async (found: Found, named: readonly string[], world: World): Promise<Recognised> => {
  const { instances } = found;
  const [instance] = instances;
  if (instance === undefined) throw new Error('there is nobody to look at');
  const { service } = instance;
  if (named.length > 0) {
    requireKnown(named);
    const scrape = found.scrape === null ? null : differing(found.scrape, named, service);
    return { presets: named, scrape, why: `presets ${named.join(', ')}, as told` };
  }
  const pages: Page[] = [];
  const whys: string[] = [];
  for (const scrape of found.scrape === null ? candidates() : [found.scrape]) {
    const page = await pageAt(scrape, instances, world);
    if (typeof page === 'string') whys.push(page);
    else pages.push(page);
  }
  const [best] = pages.sort((a, b) => shown(b) - shown(a));
  if (best === undefined) throw unreadable(whys);
  const [fit] = best.fits;
  if (fit === undefined) throw noFit(best);
  const presets = [fit.preset, ...((await hasNodePage(instance, world)) ? ['node-exporter'] : [])];
  const why = `preset ${fit.preset}: ${fit.shown.length} of its ${fit.asked} metrics stand on the page at ${best.scrape.path}`;
  return { presets, scrape: differing(best.scrape, presets, service), why };
};
