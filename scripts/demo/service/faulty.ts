/** Which faults are on in this process, and what keeps them going. */
import type { FaultName } from '../faults.js';
import { startBurner, type Burner } from './burner.js';
import { startLeak, type Leak } from './leak.js';

/** Share of the memory limit that a leak reaches: past any threshold, short of being killed for it. */
const leakShare = 0.98;

export class Faults {
  readonly active = new Set<FaultName>();
  private burner: Burner | null = null;
  private leak: Leak | null = null;

  constructor(
    private readonly memoryLimitBytes: number,
    private readonly die: () => void,
  ) {}

  async set(name: FaultName): Promise<void> {
    if (this.active.has(name)) return;
    this.active.add(name);
    if (name === 'cpu') this.burner = await startBurner();
    if (name === 'leak') this.leak = startLeak(this.memoryLimitBytes, leakShare);
    if (name === 'crash') this.die();
  }

  async lift(): Promise<void> {
    this.active.clear();
    this.leak?.stop();
    this.leak = null;
    const burner = this.burner;
    this.burner = null;
    await burner?.stop();
  }
}
