import type { Action } from '../../scheduler/client/index.js';

/** An action as its intent is written, unless said otherwise. */
export const anAction = (over: Partial<Action> = {}): Action => ({
  id: 'orders/orders-1/0',
  service: 'orders',
  instance: 'orders-1',
  node: 'n1',
  nodeAddress: '10.0.0.1',
  address: '10.0.0.1',
  port: 80,
  step: 'restart',
  because: 'red',
  identity: { kind: 'exec', unit: 'orders-1', pid: 4, startTime: '77' },
  newIdentity: null,
  phase: 'intent',
  token: 3,
  intentAt: 0,
  phaseAt: 0,
  deadline: 1_000,
  greenSince: null,
  falsePositive: false,
  outcome: null,
  outcomeText: null,
  verdicts: [],
  ...over,
});
