/** What was seen of a fleet while something went on, folded into a few figures. Pure. */
import type { InstanceView } from '../../../scheduler/client/index.js';

/** One look at everything. What could not be asked is not in it. */
export interface Look {
  /** Seconds since the noise began. */
  readonly at: number;
  readonly views: readonly InstanceView[];
  /** Start time of the process that answers at each instance's address; null: nobody answered just now. */
  readonly processes: ReadonlyMap<string, string | null>;
  readonly healings: number;
  readonly reloads: number;
  /** Scrapes of the instances' own pages that the engine lost. */
  readonly lostScrapes: number;
}

export interface Figures {
  readonly seconds: number;
  /** Instances that were out of rotation, however shortly. */
  readonly drained: readonly string[];
  /** Instances whose process ended, or that somebody began to heal. */
  readonly killed: readonly string[];
  /** Changes of decided weights, of all instances; between two looks the last counts. */
  readonly weightChanges: number;
  readonly lowestWeight: number | null;
  /** Since when all instances are green at the weight that they began with; null: they are not. */
  readonly wellSince: number | null;
  readonly healings: number;
  readonly reloads: number;
  readonly lostScrapes: number;
}

const isOut = ({ lifecycle, applied }: InstanceView): boolean =>
  !applied || !['serving', 'probation'].includes(lifecycle);

/** Adds to a list what is not in it. */
const including = (list: readonly string[], more: readonly string[]): readonly string[] => [
  ...new Set([...list, ...more]),
];

/** Counts from the first look on. */
export class Account {
  figures: Figures;
  private before: ReadonlyMap<string, InstanceView>;

  constructor(private readonly first: Look) {
    this.before = byInstance(first);
    this.figures = {
      ...{ seconds: 0, drained: [], killed: [], weightChanges: 0, lowestWeight: null, wellSince: 0 },
      ...{ healings: 0, reloads: 0, lostScrapes: 0 },
    };
  }

  take(look: Look): Figures {
    const { first, figures } = this;
    const now = byInstance(look);
    const ids = [...now.keys()];
    const changed = ids.filter((id) => this.before.get(id)?.weight !== now.get(id)?.weight).length;
    const dead = [...look.processes]
      .filter(([id, process]) => process !== null && process !== first.processes.get(id))
      .map(([id]) => id);
    const healed = look.views.filter(({ action }) => action !== null).map(({ instance }) => instance);
    const isWell = look.views.every((view) => view.zone === 'green' && isAsAtFirst(first, view));
    this.before = now;
    this.figures = {
      seconds: look.at,
      drained: including(
        figures.drained,
        look.views.filter(isOut).map(({ instance }) => instance),
      ),
      killed: including(figures.killed, [...dead, ...healed]),
      weightChanges: figures.weightChanges + changed,
      lowestWeight: Math.min(figures.lowestWeight ?? Infinity, ...look.views.map(({ applied }) => applied ?? 0)),
      wellSince: isWell ? (figures.wellSince ?? look.at) : null,
      healings: look.healings - first.healings,
      reloads: look.reloads - first.reloads,
      lostScrapes: look.lostScrapes - first.lostScrapes,
    };
    return this.figures;
  }
}

const byInstance = ({ views }: Look): ReadonlyMap<string, InstanceView> =>
  new Map(views.map((view) => [view.instance, view]));

const isAsAtFirst = ({ views }: Look, { instance, applied }: InstanceView): boolean =>
  views.find((view) => view.instance === instance)?.applied === applied;
