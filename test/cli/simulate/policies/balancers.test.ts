import { expect } from 'chai';
import { Chance } from '../../../../cli/simulate/chance.js';
import { Checked } from '../../../../cli/simulate/policies/balancers/checked.js';
import { LeastConnections } from '../../../../cli/simulate/policies/balancers/least-connections.js';
import { Passive } from '../../../../cli/simulate/policies/balancers/passive.js';
import { RoundRobin } from '../../../../cli/simulate/policies/balancers/round-robin.js';
import { type Drawing, Steered } from '../../../../cli/simulate/policies/balancers/steered.js';
import { PacedGateway } from '../../../../cli/simulate/policies/gateway.js';
import { afterErrors, afterTrouble } from '../../../../cli/simulate/policies/requests.js';
import { backendsOf, begin, serve } from './support.js';

describe('a simulated proxy', () => {
  it('loses of round robin what an instance fails, and with retries only the POSTs', () => {
    const share = (balancer: RoundRobin): number => {
      const backends = backendsOf(4);
      backends[0].fault = 'errors';
      const { requests, errors } = serve(balancer, backends, { seconds: 60 });
      return errors / requests;
    };
    expect(share(new RoundRobin())).closeTo(1 / 8, 0.01);
    expect(share(new RoundRobin(afterErrors))).closeTo(0.3 / 8, 0.008);
  });

  it('sends even a POST elsewhere where it never left, and never one that was sent', () => {
    const backends = backendsOf(4);
    backends[0].process.stop();
    expect(serve(new RoundRobin(afterTrouble), backends, { seconds: 20 }).errors).equal(0);
    const hanging = backendsOf(4);
    hanging[0].fault = 'hang';
    const { requests, errors, slow } = serve(new RoundRobin(afterTrouble), hanging, { seconds: 20 });
    expect(errors / requests).closeTo(0.3 / 4, 0.02);
    expect(slow / requests).closeTo(0.7 / 4, 0.02);
  });

  it('draws the same requests for whoever chooses', () => {
    const one = serve(new RoundRobin(), backendsOf(3), { seconds: 10 });
    const other = serve(new LeastConnections(), backendsOf(3), { seconds: 10 });
    expect(one.requests).equal(other.requests);
  });
});

describe("NGINX's passive ejection", () => {
  it('ejects for ten seconds with the first failure, asks once, and takes in with the first answer', () => {
    const backends = backendsOf(3);
    const [ill] = backends;
    const balancer = new Passive(afterErrors);
    ill.fault = 'gray';
    ill.spiking = true;
    const seen: boolean[] = [];
    serve(balancer, backends, {
      seconds: 40,
      each: (now) => {
        if (now === begin + 5_000) ill.spiking = false;
        if (now === begin + 5_000) ill.fault = 'none';
        seen.push(balancer.shareOf(ill, now) > 0);
      },
    });
    // In for the first requests, out until ten whole seconds have passed, and in from then on.
    expect(seen.slice(10, 100)).deep.equal(Array.from({ length: 90 }, () => false));
    expect(seen.slice(130)).deep.equal(Array.from({ length: 270 }, () => true));
  });

  it('answers nobody once all are ejected, which errors of all soon come to', () => {
    const backends = backendsOf(4);
    for (const backend of backends) backend.fault = 'errors';
    const { requests, errors } = serve(new Passive(afterErrors), backends, { seconds: 60 });
    expect(errors / requests).above(0.9);
    const calm = serve(new RoundRobin(afterErrors), backendsOf(4), { seconds: 60 });
    expect(calm.errors).equal(0);
  });

  it('never ejects the only one', () => {
    const backends = backendsOf(1);
    backends[0].fault = 'errors';
    const { requests, errors } = serve(new Passive(afterErrors), backends, { seconds: 20 });
    expect(errors / requests).closeTo(0.5, 0.05);
  });
});

describe('health checks', () => {
  it('see a process or a node that is gone after three looks, and nothing of errors, latency and hangs', () => {
    const outAfter = (make: (backend: ReturnType<typeof backendsOf>[0]) => void): number | null => {
      const backends = backendsOf(3);
      const balancer = new Checked();
      make(backends[0]);
      let out: number | null = null;
      serve(balancer, backends, {
        seconds: 20,
        each: (now) => {
          if (balancer.shareOf(backends[0], now) === 0) out ??= now - begin;
        },
      });
      return out;
    };
    expect(outAfter(({ process }) => process.stop())).within(4_000, 4_100);
    expect(outAfter((backend) => (backend.fault = 'partition'))).within(4_000, 4_100);
    for (const fault of ['errors', 'gray', 'latency', 'hang'] as const)
      expect(
        outAfter((backend) => (backend.fault = fault)),
        fault,
      ).equal(null);
  });
});

describe('weights as they are served', () => {
  const shares = (weights: readonly number[], drawing: Drawing, perSecond: number): readonly number[] => {
    const backends = backendsOf(weights.length);
    const gateway = new PacedGateway();
    const servers = backends.map(({ process }, nth) => ({
      ...{ instance: process.id, address: '10.0.0.1', port: 80 },
      weight: weights[nth] ?? 0,
    }));
    const settings = { retries: true, connectTimeoutMs: 1_000, readTimeoutMs: 5_000 };
    gateway.submit([{ name: 'orders', service: 'orders', ...settings, servers }]);
    for (const now of [begin - 200, begin - 100]) gateway.adopt(now);
    const balancer = new Steered(gateway, 'orders', afterErrors, drawing, new Chance(1, 'picks'));
    const { requests } = serve(balancer, backends, { seconds: 100, perSecond });
    return backends.map(({ process }) => process.good / requests);
  };

  it('share out requests, and none to who is out', () => {
    const [a, b, c] = shares([100, 50, 0], 'random', 200);
    expect(a).closeTo(2 / 3, 0.02);
    expect(b).closeTo(1 / 3, 0.02);
    expect(c).equal(0);
  });

  it('turn round where two are drawn of which one alone is full, unless that is told', () => {
    expect(shares([100, 10], 'always random two', 2)[1]).above(0.6);
    expect(shares([100, 10], 'random two', 2)[1]).closeTo(1 / 11, 0.06);
    expect(shares([100, 100, 10], 'random two', 2)[2]).below(0.2);
  });

  it('leave whoever does not answer alone once its connections pile up', () => {
    const backends = backendsOf(4);
    backends[0].fault = 'hang';
    const gateway = new PacedGateway();
    const servers = backends.map(({ process }) => ({
      instance: process.id,
      address: '10.0.0.1',
      port: 80,
      weight: 100,
    }));
    const settings = { retries: true, connectTimeoutMs: 1_000, readTimeoutMs: 5_000 };
    gateway.submit([{ name: 'orders', service: 'orders', ...settings, servers }]);
    for (const now of [begin - 200, begin - 100]) gateway.adopt(now);
    const balancer = new Steered(gateway, 'orders', afterErrors, 'random two', new Chance(1, 'picks'));
    const { requests, errors, slow } = serve(balancer, backends, { seconds: 60 });
    expect((errors + slow) / requests).below(0.01);
  });
});

describe('the paced gateway', () => {
  const upstreamOf = (...weights: readonly number[]) => [
    {
      ...{ name: 'orders', service: 'orders', retries: true, connectTimeoutMs: 1_000, readTimeoutMs: 5_000 },
      servers: weights.map((weight, nth) => ({ instance: `orders-${nth + 1}`, address: '10.0.0.1', port: 80, weight })),
    },
  ];
  const servedAfter = (gateway: PacedGateway, wanted: ReturnType<typeof upstreamOf>, from: number): number => {
    gateway.submit(wanted);
    for (let now = from; ; now += 50) {
      gateway.adopt(now);
      if (gateway.upstream('orders')?.servers.every(({ weight }, nth) => weight === wanted[0]?.servers[nth]?.weight))
        return now - from;
    }
  };

  it('lowers at once, gathers what it raises, and rations that', () => {
    const gateway = new PacedGateway();
    servedAfter(gateway, upstreamOf(100, 100), begin);
    expect(servedAfter(gateway, upstreamOf(100, 0), begin + 60_000)).at.most(100);
    expect(servedAfter(gateway, upstreamOf(100, 20), begin + 120_000)).within(1_000, 1_200);
    expect(servedAfter(gateway, upstreamOf(100, 40), begin + 122_000)).within(1_000, 1_200);
    expect(servedAfter(gateway, upstreamOf(100, 60), begin + 124_000)).above(5_000);
  });
});
