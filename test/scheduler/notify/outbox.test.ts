import { expect } from 'chai';
import type { NotifyLevel } from '../../../config/index.js';
import { createLog } from '../../../lib/log.js';
import { notificationSchema, type Notification } from '../../../scheduler/client/index.js';
import type { Delivery } from '../../../scheduler/notify/deliver.js';
import { Outbox } from '../../../scheduler/notify/outbox.js';
import { VirtualClock } from '../../fakes/clock.js';
import { aMessage } from '../../support/messages.js';

const log = createLog({ level: 'silent', name: 'test' });
const delivered: Delivery = { kind: 'delivered' };
const again = (afterMs: number | null = null): Delivery => ({ kind: 'again', text: 'answered 503', afterMs });

describe('what waits for a webhook', () => {
  let clock: VirtualClock;
  let ending: AbortController;
  let got: { readonly at: number; readonly message: Notification }[];
  let answers: Delivery[];
  let otherwise: Delivery;
  let running: Promise<void>;
  let outbox: Outbox;

  const start = (levels: readonly NotifyLevel[] = ['page', 'warn', 'info']): void => {
    outbox = new Outbox(
      { name: 'pager', url: 'https://hooks.example/secret-path', secret: 'k', headers: {}, levels },
      {
        clock,
        log,
        random: () => 1,
        deliver: ({ body }) => {
          got.push({ at: clock.mono(), message: notificationSchema.decode(JSON.parse(body) as never) });
          return Promise.resolve(answers.shift() ?? otherwise);
        },
      },
    );
    running = outbox.run(ending.signal);
  };
  beforeEach(() => {
    clock = new VirtualClock();
    ending = new AbortController();
    [got, answers, otherwise] = [[], [], delivered];
  });
  afterEach(async () => {
    ending.abort();
    await running;
  });
  const texts = (): string[] => got.map(({ message }) => `${message.event} ${message.text}`);

  it('is sent in order, each once', async () => {
    start();
    outbox.push(aMessage({ text: 'a' }));
    outbox.push(aMessage({ episode: 'other', text: 'b' }));
    await clock.advance(10);
    expect(texts()).to.deep.equal(['opened a', 'opened b']);
    expect(outbox.view()).to.deep.include({
      delivered: 2,
      waiting: 0,
      dropped: 0,
      trouble: null,
      host: 'hooks.example',
    });
    expect(JSON.stringify(outbox.view())).not.to.include('secret-path');
  });

  it('is tried again, later each time, with the same id', async () => {
    start();
    otherwise = again();
    outbox.push(aMessage());
    await clock.advance(31_500);
    expect(got.map(({ at }) => at)).to.deep.equal([0, 1_000, 3_000, 7_000, 15_000, 31_000]);
    expect(new Set(got.map(({ message }) => message.id)).size).to.equal(1);
    expect(outbox.view().trouble).to.equal('webhook pager does not take messages: answered 503; 1 wait');
    otherwise = delivered;
    await clock.advance(40_000);
    expect(outbox.view()).to.deep.include({ delivered: 1, waiting: 0, trouble: null });
    expect(outbox.view().lastFailure?.text).to.equal('answered 503');
  });

  it('waits as long as the receiver asks for', async () => {
    start();
    answers = [again(20_000)];
    outbox.push(aMessage());
    await clock.advance(19_000);
    expect(got).to.have.length(1);
    await clock.advance(1_500);
    expect(got).to.have.length(2);
  });

  it('is replaced by the newest state of its episode, and no news is lost', async () => {
    start();
    answers = [again(5_000)];
    outbox.push(aMessage({ text: 'a', news: ['1'] }));
    await clock.advance(100);
    outbox.push(aMessage({ event: 'updated', id: 'orders/orders-1/1000#2', text: 'b', news: ['2'] }));
    outbox.push(aMessage({ event: 'updated', id: 'orders/orders-1/1000#3', text: 'c', news: ['3'] }));
    await clock.advance(10_000);
    expect(texts()).to.deep.equal(['opened a', 'opened c']);
    expect(got[1]?.message).to.deep.include({ id: 'orders/orders-1/1000#3' });
    expect(got[1]?.message.news).to.deep.equal(['1', '2', '3']);
  });

  it('keeps the order of an episode while a try is under way', async () => {
    let release: (delivery: Delivery) => void = () => undefined;
    outbox = new Outbox(
      { name: 'pager', url: 'https://hooks.example/', secret: null, headers: {}, levels: ['warn'] },
      {
        ...{ clock, log, random: () => 0 },
        deliver: ({ body }) => {
          got.push({ at: 0, message: notificationSchema.decode(JSON.parse(body) as never) });
          return new Promise((resolve) => void (release = resolve));
        },
      },
    );
    running = outbox.run(ending.signal);
    outbox.push(aMessage({ text: 'a' }));
    await clock.advance(1);
    outbox.push(aMessage({ event: 'resolved', text: 'b' }));
    expect(outbox.waitsFor('orders')).to.equal(true);
    expect(outbox.view().waiting).to.equal(2);
    release(again());
    await clock.advance(1_000);
    release(delivered);
    await clock.advance(1_000);
    expect(texts()).to.deep.equal(['opened a', 'resolved b']);
    expect(outbox.waitsFor('orders')).to.equal(false);
  });

  it('is not sent again where it is refused, and does not stop the others', async () => {
    start();
    answers = [{ kind: 'refused', text: 'answered 400 Bad Request' }];
    outbox.push(aMessage({ text: 'a' }));
    outbox.push(aMessage({ episode: 'other', text: 'b' }));
    await clock.advance(60_000);
    expect(texts()).to.deep.equal(['opened a', 'opened b']);
    expect(outbox.view()).to.deep.include({ delivered: 1, dropped: 1, waiting: 0 });
  });

  it('goes round: one that always fails lets the others through', async () => {
    outbox = new Outbox(
      { name: 'pager', url: 'https://hooks.example/', secret: null, headers: {}, levels: ['warn'] },
      {
        ...{ clock, log, random: () => 0 },
        deliver: ({ body }) => {
          const message = notificationSchema.decode(JSON.parse(body) as never);
          got.push({ at: 0, message });
          return Promise.resolve(message.episode === 'poison' ? again() : delivered);
        },
      },
    );
    running = outbox.run(ending.signal);
    outbox.push(aMessage({ episode: 'poison', text: 'p' }));
    outbox.push(aMessage({ episode: 'other', text: 'b' }));
    await clock.advance(2_000);
    expect(texts()).to.include('opened b');
    await clock.advance(150_000);
    expect(outbox.view()).to.deep.include({ dropped: 1, waiting: 0 });
    expect(got.filter(({ message }) => message.episode === 'poison')).to.have.length(240);
  });

  it('never holds more than it can: the least urgent goes', async () => {
    start();
    otherwise = again(600_000);
    outbox.push(aMessage({ episode: 'first' }));
    await clock.advance(1);
    for (let nth = 0; nth < 1_000; nth++)
      outbox.push(aMessage({ episode: `e${nth}`, level: nth === 500 ? 'info' : 'page' }));
    expect(outbox.view()).to.deep.include({ waiting: 1_000, dropped: 1 });
    outbox.push(aMessage({ episode: 'one more', level: 'page' }));
    expect(outbox.view()).to.deep.include({ waiting: 1_000, dropped: 2 });
  });

  it('is only what the webhook wants to hear', async () => {
    start(['page']);
    outbox.push(aMessage({ level: 'warn', text: 'a' }));
    outbox.push(aMessage({ level: 'page', text: 'b' }));
    await clock.advance(10);
    expect(texts()).to.deep.equal(['opened b']);
  });
});
