import { expect } from 'chai';
import { painter } from '../../cli/paint.js';
import { render } from '../../cli/output.js';
import { actionsView } from '../../cli/views/actions.js';
import { byUrgency, instancesView, weightText } from '../../cli/views/instances.js';
import { scoresView } from '../../cli/views/scores.js';
import { maintenanceLines, serviceRows, servicesView } from '../../cli/views/services.js';
import { action, ago, instances, instanceView, noon, plan, scores } from '../support/wire.js';

const plain = painter(false);

describe('lists', () => {
  it('instances: worst first, with what is held back', () => {
    const rows = [...instances].sort(byUrgency);
    expect(render(instancesView(noon), rows, 'table', plain).split('\n')).to.deep.equal([
      'SERVICE  INSTANCE  ZONE     SCORE  LIFECYCLE  WEIGHT  SINCE  WHY',
      'orders   orders-2  ✖ red       20  out        out        1m  RED score 20 for 3 evaluations; held back by DWELL red and out for 12s of 60s',
      'orders   orders-1  ● green    100  serving    100        1h  FULL score 100',
      '',
    ]);
  });

  it('a weight shows where it is going', () => {
    const weights = [
      [100, 100],
      [0, 100],
      [0, null],
      [50, null],
      [null, null],
    ] as const;
    expect(weights.map(([weight, applied]) => weightText({ weight, applied }))).to.deep.equal([
      '100',
      '100 -> out',
      'out',
      'out -> 50',
      '-',
    ]);
  });

  it('an unknown zone comes before a yellow one', () => {
    const rows = (['green', 'yellow', 'unknown', 'red'] as const).map((zone) => instanceView({ zone }));
    expect(rows.sort(byUrgency).map(({ zone }) => zone)).to.deep.equal(['red', 'unknown', 'yellow', 'green']);
  });

  it('services: engine and scheduler together, or what one of them knows', () => {
    const text = (rows: ReturnType<typeof serviceRows>) =>
      render(servicesView, rows, 'table', plain).split('\n').slice(1, -1);
    expect(text(serviceRows(scores, plan))).to.deep.equal([
      'orders   degraded  ● 2    -       ✖ 1  -        1 of 3       act      observe  orders-2: error_ratio 8.2 %',
      'users    -         ● 1    -       -    -        -            -        -',
    ]);
    expect(text(serviceRows(null, plan))).to.deep.equal([
      'orders   degraded  ● 1    -       ✖ 1  -        1 of 2       act      observe',
    ]);
    expect(text(serviceRows(scores, null))[0]).to.match(/^orders {3}- +● 2/);
  });

  it('services: whom Consul has in maintenance, and why', () => {
    expect(maintenanceLines(null)).to.deep.equal([]);
    expect(maintenanceLines(scores)).to.deep.equal([]);
    const changed = scores.services.map((one) => ({
      ...one,
      instances: one.instances.map((each) =>
        each.instance === 'orders-2'
          ? { ...each, consul: 'maintenance' as const, consulWhy: 'its node is in maintenance: new disk' }
          : each,
      ),
    }));
    expect(maintenanceLines({ ...scores, services: changed })).to.deep.equal([
      'Consul: orders/orders-2: its node is in maintenance: new disk',
    ]);
    expect(maintenanceLines({ ...scores, services: changed }, 'users')).to.deep.equal([]);
  });

  it('scores: both dampers, levels, and the largest causes', () => {
    const rows = scores.services[0]?.instances.slice(1, 2) ?? [];
    expect(render(scoresView(noon), rows, 'table', plain).split('\n')[1]).to.equal(
      'orders   orders-2  ✖ red     20      24.2   20     100  4m12s  error_ratio -11.1 (ceiling)',
    );
  });

  it('scores: points lost are rounded as in explain, not as scores are', () => {
    const rows = (scores.services[0]?.instances.slice(1, 2) ?? []).map((row) => ({
      ...row,
      causes: row.causes.slice(0, 1).map((cause) => ({ ...cause, pointsLost: 13.889, ceiling: false })),
    }));
    expect(render(scoresView(noon), rows, 'table', plain)).to.include('error_ratio -13.9');
  });

  it('actions: what is going on, or how it ended', () => {
    const ended = {
      ...action,
      phase: 'closed',
      phaseAt: ago(0),
      outcome: 'verified',
      outcomeText: 'green for 10s',
    } as const;
    const lines = render(actionsView(noon), [action, ended], 'table', plain).split('\n');
    expect(lines[1]).to.match(/^a1 +restart +orders\/orders-2 +draining .* 10s +red for 60s$/);
    expect(lines[2]).to.match(/verified .* 10s +red for 60s; green for 10s$/);
  });

  it('JSON and YAML are the wire form; names are one a line', () => {
    const view = instancesView(noon);
    const [first] = JSON.parse(render(view, instances, 'json', plain)) as { since: string; instance: string }[];
    expect(first).to.include({ since: '2025-11-21T13:05:42.000Z', instance: 'orders-1' });
    expect(render(view, instances, 'yaml', plain)).to.include('since: 2025-11-21T13:05:42.000Z');
    expect(render(view, instances, 'name', plain)).to.equal('orders/orders-1\norders/orders-2\n');
  });
});
