import { readFileSync } from 'node:fs';

/** Clock ticks per second in /proc; 100 on every Linux that Debian ships. */
const ticks = 100;

/** How long a core was busy since it started, with whatever; what the hypervisor took from it counts as well. In seconds. */
export const coreSeconds = (core: number): number => {
  const line = readFileSync('/proc/stat', 'utf8')
    .split('\n')
    .find((each) => each.startsWith(`cpu${core} `));
  if (line === undefined) throw new Error(`this machine has no core ${core}`);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line.split(' ').slice(1).map(Number);
  return (user + nice + system + irq + softirq + steal) / ticks;
};
