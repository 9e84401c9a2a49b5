/** A leak: real memory, filled page by page in small pieces, so that the event loop does not feel it. */
const pieceBytes = 2 * 1024 * 1024;
const pieceEveryMs = 25;

export interface Leak {
  stop(): void;
}

/** Grows until the process holds `share` of its limit, and keeps it there. */
export const startLeak = (limitBytes: number, share: number): Leak => {
  const held: Buffer[] = [];
  const timer = setInterval(() => {
    if (process.memoryUsage.rss() < limitBytes * share) held.push(Buffer.alloc(pieceBytes, 1));
  }, pieceEveryMs);
  return {
    stop: () => {
      clearInterval(timer);
      held.length = 0;
    },
  };
};
