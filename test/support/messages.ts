import type { Notification } from '../../scheduler/client/index.js';

export const aMessage = (change: Partial<Notification> = {}): Notification => ({
  version: 1,
  id: 'orders/orders-1/1000#1',
  episode: 'orders/orders-1/1000',
  event: 'opened',
  level: 'warn',
  at: 2_000,
  since: 1_000,
  about: { kind: 'instance', service: 'orders', instance: 'orders-1', owner: null },
  code: 'RED',
  text: 'orders/orders-1 is red',
  news: [],
  numbers: { score: 20 },
  verdicts: [],
  links: { scheduler: 'http://b/', plan: 'http://b/v1/plan', journal: 'http://b/v1/journal' },
  command: 'ballast explain orders/orders-1',
  scheduler: { node: 'n1', token: 7 },
  ...change,
});
