import type { InstanceMemory, ServiceRecord } from '../client/index.js';

/** The record with what instances are remembered by since; the same object when nothing is. */
export const withTold = (record: ServiceRecord, told: Readonly<Record<string, InstanceMemory>>): ServiceRecord =>
  Object.keys(told).length === 0 ? record : { ...record, instances: { ...record.instances, ...told } };
