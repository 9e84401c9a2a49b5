import type { Approval, Drain, Maintenance, Mode, Order, Pause } from './said.js';

/** What people have said, as far as it is still in force. */
export interface Controls {
  readonly pauses: readonly Pause[];
  readonly maintenance: readonly Maintenance[];
  readonly modes: readonly Mode[];
  readonly drains: readonly Drain[];
  readonly orders: readonly Order[];
  readonly approvals: readonly Approval[];
}

export const noControls: Controls = {
  pauses: [],
  maintenance: [],
  modes: [],
  drains: [],
  orders: [],
  approvals: [],
};
