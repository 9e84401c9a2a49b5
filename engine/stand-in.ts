import type { InstanceId, ServicePolicy } from '../config/index.js';
import type { Instance } from './model.js';

/** An instance that is nowhere (192.0.2.1 is for documentation): for judging values that nobody serves now. */
export const standIn = ({ service }: Pick<ServicePolicy, 'service'>): Instance => ({
  id: service as string as InstanceId,
  service,
  node: { name: 'nowhere', address: '192.0.2.1' },
  datacenter: 'nowhere',
  address: '192.0.2.1',
  port: 1,
  tags: [],
  meta: {},
  consul: 'passing',
  consulWhy: '',
  checks: [],
  joinedAt: null,
});
