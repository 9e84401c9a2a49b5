/** What goes wrong by chance, as it does in every fleet: some requests fail, some scrapes are lost. A seed repeats it. */
import { seeded } from './random.js';

export interface NoiseLevel {
  /** Share of requests that fail with 500. */
  readonly errors: number;
  /** Share of scrapes that are lost: half of them break off midway, half are never answered. */
  readonly lostScrapes: number;
}

export const quiet: NoiseLevel = { errors: 0, lostScrapes: 0 };

export class Noise {
  private level = quiet;
  private requests = seeded(0);
  private scrapes = seeded(1);

  set(level: NoiseLevel, seed: number): void {
    this.level = level;
    this.requests = seeded(seed);
    this.scrapes = seeded(seed + 1);
  }

  failsRequest(): boolean {
    return this.requests() < this.level.errors;
  }

  fateOfScrape(): 'served' | 'broken-off' | 'hangs' {
    const { lostScrapes } = this.level;
    const drawn = this.scrapes();
    if (drawn >= lostScrapes) return 'served';
    return drawn < lostScrapes / 2 ? 'broken-off' : 'hangs';
  }
}

/** `errors=0.01&lost_scrapes=0.01&seed=7`; what is not named is none. Null: not shares. */
export const readNoise = (query: URLSearchParams): { readonly level: NoiseLevel; readonly seed: number } | null => {
  const [errors, lostScrapes, seed] = ['errors', 'lost_scrapes', 'seed'].map((name) => Number(query.get(name) ?? 0));
  const isShare = (value: number | undefined): value is number => value !== undefined && value >= 0 && value <= 1;
  return isShare(errors) && isShare(lostScrapes) && Number.isInteger(seed)
    ? { level: { errors, lostScrapes }, seed: seed ?? 0 }
    : null;
};
