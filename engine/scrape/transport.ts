import type { Target } from '../model.js';
import type { Answer } from './body.js';

/** Reads an answer. A body's bytes are lent: they are valid until this returns. */
export type Read<T> = (answer: Answer) => T;

/** Brings pages over kept connections. */
export interface Transport {
  /** Rejects only with the signal's own reason, or with what `read` throws. What a peer does is in the answer. */
  ask<T>(target: Target, signal: AbortSignal, read: Read<T>): Promise<T>;
  close(): Promise<void>;
}
