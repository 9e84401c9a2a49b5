import { maintenanceOf } from '../said.js';
import type { Guardrail } from '../model.js';
import { allow, refuse } from './verdict.js';

/** People work on it, and expect what they see: nothing is healed, and it is no trouble. */
export const maintenance: Guardrail = ({ world: { controls }, service: { policy }, fleet, instance, now }) => {
  if (controls === null) return refuse('MAINTENANCE', 'the controls could not be read');
  const found = maintenanceOf({ policy, fleet, controls, instance, now });
  return found ? refuse('MAINTENANCE', found.text) : allow('MAINTENANCE', 'no maintenance');
};
