import { setFlagsFromString } from 'node:v8';

/**
 * For a process that makes much and keeps little of it: nothing is made in the old heap at once. V8 does that at places whose
 * objects lived long while the young generation was still small, as it is at the start, and never takes it back: what an
 * evaluation makes and forgets within a millisecond would then lie in the old heap until the next full collection.
 */
export const makeAllYoung = (): void => setFlagsFromString('--no-allocation-site-pretenuring');
