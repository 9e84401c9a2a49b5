import { expect } from 'chai';
import { emptyLedger, ledgerKeepMs, withAction } from '../../../scheduler/apply/ledger.js';
import { anAction } from '../../support/world.js';
import type { Action } from '../../../scheduler/client/index.js';
import { policyFor } from '../../support/policy.js';

const hour = 3_600_000;

/** An action that began, and reached its phase, at 0. */
const beginning = (over: Partial<Action> = {}): Action => anAction({ intentAt: 0, phaseAt: 0, ...over });

describe('ledger', () => {
  it('keeps closed actions for an hour, or twice the cooldown where that is longer', () => {
    const cooldown = (ms: number) => ledgerKeepMs({ ...policyFor('').guardrails, cooldownMs: ms });
    expect(cooldown(600_000)).to.equal(hour);
    expect(cooldown(hour)).to.equal(2 * hour);
  });

  it('holds an action once, in its newest phase, under the token of who wrote it', () => {
    const first = withAction(emptyLedger, beginning(), 3, 0, hour);
    const second = withAction(first, beginning({ phase: 'draining' }), 4, 10, hour);
    expect(second.token).to.equal(4);
    expect(second.open.map((action) => action.phase)).to.deep.equal(['draining']);
  });

  it('moves a closed action out of the way, and keeps it for as long as the hourly budget counts it', () => {
    const closed = withAction(
      withAction(emptyLedger, beginning(), 3, 0, hour),
      beginning({ phase: 'closed', outcome: 'verified' }),
      3,
      20,
      hour,
    );
    expect(closed.open).to.deep.equal([]);
    expect(closed.closed).to.have.length(1);
    const other = beginning({ id: 'orders/orders-2/1', instance: 'orders-2', intentAt: hour - 1 });
    expect(withAction(closed, other, 3, hour - 1, hour).closed).to.have.length(1);
    expect(withAction(closed, other, 3, hour, hour).closed).to.have.length(0);
  });
});
