/** Whether anything is left to try. */
import type { Guardrail } from '../model.js';
import { allow, refuse } from './verdict.js';

export const ladderSpent: Guardrail = ({ step, spent }) =>
  spent === null ? allow('LADDER_SPENT', `${step} is left`) : refuse('LADDER_SPENT', spent);
