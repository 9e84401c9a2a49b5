/** What people hear of stories that the real `decide` plays. */
import { expect } from 'chai';
import type { Episode, GatewayView, Notification } from '../../../scheduler/client/index.js';
import { decide } from '../../../scheduler/decide.js';
import { fold } from '../../../scheduler/notify/fold.js';
import { nothingTold, type NotifyMemory, type Teller } from '../../../scheduler/notify/model.js';
import { endingOf, troublesOf } from '../../../scheduler/notify/situation.js';
import { FleetTimeline } from '../../support/fleet-timeline.js';
import { actingPolicy, aWorld, viewOf } from '../../support/world.js';

const second = 1_000;
const minute = 60 * second;
const teller: Teller = { node: 'n1', token: 7, link: 'http://ballast', summaryMs: 15 * minute };

/** A fleet, and every message about it. */
class Told {
  readonly messages: Notification[] = [];
  memory: NotifyMemory = nothingTold;
  readonly fleet: FleetTimeline;

  constructor(count = 3, more = '') {
    this.fleet = new FleetTimeline(actingPolicy('orders', more), count);
    this.fleet.onDecision = ({ at, world, decision }) => {
      const situation = { world, decision, now: at, lockTrouble: null };
      const folded = fold(this.memory, troublesOf(situation), endingOf(situation), teller, at);
      this.memory = folded.memory;
      this.messages.push(...folded.messages);
    };
    this.fleet.run(5 * second);
  }

  /** `opened page: text; news`. */
  heard(): string[] {
    return this.messages.map(({ event, level, text, news }) => [`${event} ${level}: ${text}`, ...news].join(' | '));
  }

  events(): string[] {
    return this.messages.map(({ event, level }) => `${event} ${level}`);
  }

  get open(): readonly Episode[] {
    return [...this.memory.episodes.values()];
  }
}

describe('what people hear', () => {
  it('of an instance that is healed: one episode, opened, updated by what is done, and closed', () => {
    const told = new Told();
    const { fleet } = told;
    fleet.get('orders-2').alive = false;
    fleet.until('green and full', () => fleet.restarts.length === 1 && fleet.weight('orders-2') === 100, 3 * minute);
    fleet.run(minute);
    const events = ['opened warn', 'updated warn', 'updated warn', 'resolved warn'];
    expect(told.events(), told.heard().join('\n')).to.deep.equal(events);
    const [opened, began, ended, closed] = told.messages as [Notification, Notification, Notification, Notification];
    expect(new Set(told.messages.map(({ episode }) => episode)).size).to.equal(1);
    expect(told.messages.map(({ id }) => id.split('#')[1])).to.deep.equal(['1', '2', '3', '4']);
    expect(opened.text).to.match(/^orders\/orders-2 is down and out, weight 0: /);
    expect(opened).to.deep.include({ command: 'ballast explain orders/orders-2' });
    expect(opened.about).to.deep.include({ kind: 'instance', service: 'orders', instance: 'orders-2' });
    expect(began.news[0]).to.match(/^restart begins: /);
    expect(ended.text).to.match(/^orders\/orders-2 is green and serving, weight \d+: slow start, /);
    expect(ended.news[0]).to.match(/^restart verified after /);
    expect(closed.text).to.match(/^orders\/orders-2: resolved after [0-9ms]+: green, restart verified$/);
    expect(told.open).to.deep.equal([]);
  });

  it('of a step that did not help: a page', () => {
    const told = new Told();
    const { fleet } = told;
    fleet.get('orders-2').fault = 'errors';
    fleet.get('orders-2').stubborn = true;
    fleet.until('not verified', () => fleet.told('NOT_VERIFIED', 'orders-2') === 1, 15 * minute);
    fleet.run(2 * second);
    expect(told.events(), told.heard().join('\n')).to.include('updated page');
    expect(told.messages.at(-1)?.news.join()).to.include('restart not-verified after');
  });

  it('of a step that waits for a person: a page with what to type, once', () => {
    const told = new Told(3, 'heal: {mode: suggest}\n');
    const { fleet } = told;
    fleet.get('orders-2').alive = false;
    const waits = (): Notification | undefined =>
      told.messages.find(({ news }) => news.some((one) => /waits for a person/.test(one)));
    fleet.until('waits', () => waits() !== undefined, minute);
    expect(waits()).to.deep.include({ level: 'page', event: 'updated' });
    expect(waits()?.command).to.match(/^ballast approve orders\/orders-2\/\d+\/restart --reason TEXT$/);
    expect(waits()?.verdicts.map(({ code }) => code)).to.deep.equal(['APPROVAL']);
    const before = told.messages.length;
    fleet.run(2 * minute);
    expect(told.messages).to.have.length(before);
  });

  it('of a fault that all share: the panic, and not each instance', () => {
    const told = new Told(4);
    const { fleet } = told;
    for (const instance of fleet.instances.values()) instance.fault = 'errors';
    fleet.run(2 * minute);
    const about = told.messages
      .filter(({ event }) => event === 'opened')
      .map(({ code, about: { kind } }) => `${kind} ${code}`);
    expect(about.filter((one) => one === 'service PANIC')).to.have.length(1);
    expect(about.length, told.heard().join('\n')).to.be.at.most(3);
    expect(told.messages.find(({ code }) => code === 'PANIC')).to.deep.include({ level: 'page', event: 'opened' });
    for (const instance of fleet.instances.values()) instance.fault = 'none';
    fleet.run(5 * minute);
    expect(told.open, told.heard().join('\n')).to.deep.equal([]);
    const resolved = told.messages.filter(({ event }) => event === 'resolved').map(({ episode }) => episode);
    const opened = told.messages.filter(({ event }) => event === 'opened').map(({ episode }) => episode);
    expect(resolved.sort()).to.deep.equal(opened.sort());
  });

  it('nothing anew from the next leader, who knows what was told', () => {
    const told = new Told();
    const { fleet } = told;
    fleet.get('orders-2').alive = false;
    fleet.until('out', () => fleet.weight('orders-2') === 0, 10 * second);
    const before = told.messages.length;
    const kept = new Map([...told.memory.episodes].map(([key, episode]) => [key, { ...episode }]));
    fleet.newLeader();
    told.memory = { ...nothingTold, episodes: kept };
    fleet.run(5 * second);
    expect(told.messages).to.have.length(before);
    fleet.run(5 * minute);
    expect(told.messages.at(-1)?.event).to.equal('resolved');
    expect(new Set(told.messages.map(({ episode }) => episode)).size).to.equal(1);
  });

  it('the same episode from a leader who knows nothing: its id rests on what stands in Consul', () => {
    const told = new Told();
    const { fleet } = told;
    fleet.get('orders-2').alive = false;
    fleet.until('out', () => fleet.weight('orders-2') === 0, 10 * second);
    fleet.newLeader();
    told.memory = nothingTold;
    fleet.run(5 * second);
    expect(told.events()).to.deep.equal(['opened warn', 'opened warn']);
    expect(told.messages[0]?.id).to.equal(told.messages[1]?.id);
  });

  it('of a service that is summed up: one message an interval, but what pages at once', () => {
    const told = new Told(3, 'heal: {mode: act, notify: summary}\n');
    const { fleet } = told;
    fleet.get('orders-2').alive = false;
    fleet.until('healed', () => fleet.weight('orders-2') === 100 && fleet.restarts.length === 1, 3 * minute);
    fleet.run(minute);
    expect(told.messages).to.deep.equal([]);
    expect(told.memory.gathered.length).to.equal(4);
    fleet.run(15 * minute);
    expect(told.events()).to.deep.equal(['summary info']);
    expect(told.messages[0]?.news.join('\n')).to.match(
      /orders-2 is down and out[^]*restart begins[^]*restart verified[^]*resolved/,
    );
    expect(told.memory).to.deep.include({ gathered: [], gatheredSince: null });
    for (const instance of fleet.instances.values()) instance.fault = 'errors';
    fleet.run(minute);
    expect(told.events()).to.include('opened page');
  });

  it('nothing that passes within moments of the engine, and a page of what lasts', () => {
    const told = new Told();
    const { fleet } = told;
    fleet.engineAnswers = false;
    fleet.run(20 * second);
    fleet.engineAnswers = true;
    fleet.run(20 * second);
    expect(told.messages).to.deep.equal([]);
    fleet.engineAnswers = false;
    fleet.run(40 * second);
    expect(told.events()).to.deep.equal(['opened page']);
    expect(told.messages[0]?.text).to.match(/^the engine does not answer, its last answer was \d+ s ago: /);
    fleet.engineAnswers = true;
    fleet.run(2 * minute);
    expect(told.events()).to.deep.equal(['opened page', 'resolved page']);
  });

  it('a page of a service that Consul lists nobody of while the gateway serves them still', () => {
    const served = [{ instance: 'orders-1', address: '10.0.0.1', port: 80, weight: 100 }];
    const tellFor = (servers: GatewayView['servers']): Notification[] => {
      let memory = nothingTold;
      const messages: Notification[] = [];
      for (const at of [0, 20 * second, 40 * second]) {
        const world = { ...aWorld(at).service('orders').build(), gateway: viewOf(servers) };
        const decision = decide(world, { services: new Map() }, { maxActions: 10, maxConcurrent: 1 }, at);
        const situation = { world, decision, now: at, lockTrouble: null };
        const folded = fold(memory, troublesOf(situation), endingOf(situation), teller, at);
        memory = folded.memory;
        messages.push(...folded.messages);
      }
      return messages;
    };
    const [message] = tellFor({ orders: served });
    expect(message).to.deep.include({ event: 'opened', level: 'page', at: 40 * second, code: 'FAIL_STATIC' });
    expect(message?.text).to.match(/^orders: Consul lists no instance any more: the gateway keeps its last 1; /);
    expect(tellFor({ orders: [] })).to.deep.equal([]);
  });

  it('of a gateway that refuses plans: a page with what it says', () => {
    const told = new Told();
    const { fleet } = told;
    const good = fleet.view;
    const last = {
      at: fleet.now,
      revision: 'bad',
      ok: false,
      stage: 'test',
      text: 'host not found',
      reloadMs: null,
    } as const;
    fleet.view = { ...good, last };
    fleet.run(second);
    expect(told.heard()).to.deep.equal([
      'opened page: the gateway refuses plan bad at test: host not found; it serves r1',
    ]);
  });

  it('nothing while a window of maintenance is open', () => {
    // The story begins at 01:46:40 UTC.
    const told = new Told(3, 'maintenance: [{cron: "45 1 * * *", for: 1h, reason: patch night}]\n');
    told.fleet.get('orders-2').alive = false;
    told.fleet.run(2 * minute);
    expect(told.messages).to.deep.equal([]);
    expect(told.fleet.restarts).to.deep.equal([]);
  });

  it('nothing of what is in maintenance', () => {
    const told = new Told();
    const { fleet } = told;
    const maintenance = { scope: 'service/orders', author: 'ana', reason: 'upgrade', since: 0, until: null };
    fleet.said = { ...fleet.said, maintenance: [{ kind: 'maintenance', ...maintenance }] };
    fleet.get('orders-2').alive = false;
    fleet.run(2 * minute);
    expect(told.messages).to.deep.equal([]);
  });
});
