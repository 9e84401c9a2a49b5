import type { InstanceId, RuntimePolicy } from '../../../config/index.js';
import type { CatalogEntry } from '../../../scheduler/model.js';
import type { RuntimeTarget } from '../../../scheduler/runtime/index.js';

/** Nothing has changed since it was permitted. */
export const still = (): boolean => true;

export const never = new AbortController().signal;

export const entryOf = (
  id: string,
  address: string,
  port: number,
  node: Partial<CatalogEntry['node']> = {},
): CatalogEntry => ({
  id: id as InstanceId,
  node: { name: 'here', address: '127.0.0.1', ...node },
  address,
  port,
  meta: {},
  consul: 'passing',
});

export const targetOf = (policy: RuntimePolicy, entry: CatalogEntry): RuntimeTarget => ({
  service: 'shop',
  entry,
  policy,
});
