import { expect } from 'chai';
import { simulate } from '../../../../cli/simulate/day.js';
import type { Incident } from '../../../../cli/simulate/story.js';
import { type DayTold, OnCall } from '../../../../cli/simulate/users/on-call.js';
import { policyFor } from '../../../support/policy.js';

const minute = 60_000;

const policyOf = (heal: string) =>
  policyFor(`service: orders
preset: node
traffic: {upstream: orders}
runtime: {docker: {}}
heal: ${heal}
`);

const receivers = {
  summaryMs: 15 * minute,
  webhooks: [
    { name: 'pager', levels: ['page'] },
    { name: 'chat', levels: ['page', 'warn', 'info'] },
  ],
} as const;

/** An hour of four instances. */
const toldIn = (incidents: readonly Incident[], heal = '{mode: act}'): DayTold => {
  const onCall = new OnCall(['orders'], receivers);
  const policies = [{ policy: policyOf(heal), instances: 4, perSecond: 200 }];
  simulate({ policies, story: { seed: 1, endsAt: 60 * minute, incidents }, attend: onCall });
  return onCall.end();
};

const lasting = (forMs: number, from = 10 * minute) => ({ from, to: from + forMs });
const crash: Incident = { kind: 'crash', ...lasting(30 * minute), on: { service: 0, instances: [1] } };

describe('what the people of a simulated fleet are told', () => {
  it('is nothing as long as all is well', () => {
    const { services, fleet, sent } = toldIn([]);
    expect([...services]).deep.equal([['orders', { messages: 0, pages: {} }]]);
    expect({ fleet, sent }).deep.equal({ fleet: { messages: 0, pages: {} }, sent: [0, 0] });
  });

  it('is one episode of a crash that a restart mends, from its first message to its last, and pages nobody', () => {
    const { services, fleet, sent } = toldIn([crash]);
    // It is down, the restart begins, it is green again.
    expect(services.get('orders')).deep.equal({ messages: 3, pages: {} });
    expect({ fleet, sent }).deep.equal({ fleet: { messages: 0, pages: {} }, sent: [0, 3] });
  });

  it('is gathered into one message where the service wants a summary', () => {
    const { services, fleet, sent } = toldIn([crash], '{mode: act, notify: summary}');
    expect(services.get('orders')?.messages).equal(0);
    expect({ fleet, sent }).deep.equal({ fleet: { messages: 1, pages: {} }, sent: [0, 1] });
  });

  it('pages once for a trouble, however much happens in it, and says why', () => {
    const { services, sent } = toldIn([crash, { kind: 'runtime-fails', ...lasting(40 * minute, 5 * minute) }]);
    const { pages, messages } = services.get('orders') ?? { pages: {}, messages: 0 };
    expect(pages).deep.equal({ NOT_VERIFIED: 1, MAX_ACTIONS: 1 });
    expect(messages).greaterThan(5);
    // All of the episode's messages from the one that paged on, and of the budget that it spent.
    expect(sent[0]).within(4, messages);
    expect(sent[1]).equal(messages);
  });

  it('pages for a step that waits, also where the rest is summed up', () => {
    const { services } = toldIn([crash], '{mode: suggest, notify: summary}');
    expect(services.get('orders')?.pages).deep.equal({ APPROVAL: 1 });
  });

  for (const [kind, cause] of [
    ['engine-stopped', 'engine'],
    ['consul-silent', 'lock'],
  ] as const)
    it(`pages for "${cause}" once it has lasted, not for a blink of it`, () => {
      expect(toldIn([{ kind, ...lasting(20_000) }]).fleet).deep.equal({ messages: 0, pages: {} });
      expect(toldIn([{ kind, ...lasting(5 * minute) }]).fleet).deep.equal({ messages: 2, pages: { [cause]: 1 } });
    });

  it('pages for a gateway that refuses what it is told', () => {
    const refuses: Incident = { kind: 'gateway-refuses', ...lasting(10 * minute) };
    expect(toldIn([refuses]).fleet.pages).deep.equal({});
    expect(toldIn([refuses, crash]).fleet.pages).deep.equal({ gateway: 1 });
  });
});
