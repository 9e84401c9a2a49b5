import type { InstanceId } from '../config/index.js';
import type { ServiceBoard } from './api/index.js';
import type { InstanceScore } from './client/index.js';
import { whyConsul } from './describe.js';
import type { Instances } from './registry/index.js';

/**
 * Scores as they are, with what Consul says now; the next evaluation would say the same. Of those that it changes nothing of
 * none is written out: a list of thousands comes whenever one of them changes.
 */
export const restated = ({ rows }: Pick<ServiceBoard, 'rows'>, instances: Instances): InstanceScore[] => {
  const changed: InstanceScore[] = [];
  for (const [id, { shown }] of rows) {
    const now = instances.get(id as InstanceId);
    if (!now || (now.consul === shown.consul && now.consulWhy === shown.consulWhy)) continue;
    const { consulWhy: _, ...rest } = shown.whole;
    changed.push({ ...rest, consul: now.consul, ...whyConsul(now) });
  }
  return changed;
};
