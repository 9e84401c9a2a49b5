import { expect } from 'chai';
import { scoresResponseSchema, serviceScoresSchema } from '../../../engine/client/index.js';
import { startEngineApi, type EngineApi } from '../../support/engine-api.js';
import { eventually } from '../../support/eventually.js';
import { instanceScore } from '../../support/scores.js';

describe('?filter= on scores', () => {
  let api: EngineApi;

  beforeEach(async () => {
    api = await startEngineApi(['orders', 'users']);
    api.board.publish('orders', [
      instanceScore(),
      instanceScore({ instance: 'orders-2', zone: 'red', score: 20 }),
      instanceScore({ instance: 'orders-3', zone: 'red', score: 45 }),
    ]);
    api.board.publish('users', [instanceScore({ service: 'users', instance: 'users-1', zone: 'red', score: 10 })]);
  });
  afterEach(() => api.server.close());

  const get = (path: string, filter: string): Promise<Response> =>
    fetch(`${api.server.url}${path}${path.includes('?') ? '&' : '?'}filter=${encodeURIComponent(filter)}`);
  const names = async (filter: string): Promise<readonly string[]> => {
    const { services } = scoresResponseSchema.parse(await (await get('/v1/scores', filter)).json());
    return services.flatMap(({ instances }) => instances.map(({ instance }) => instance));
  };

  it('lets through whom it names, over all services and in one', async () => {
    expect(await names('zone == "red" and score < 40')).to.deep.equal(['orders-2', 'users-1']);
    expect(await names('service == users or up.state != up')).to.deep.equal(['users-1']);
    expect(await names('zone == yellow')).to.deep.equal([]);
    const one = serviceScoresSchema.parse(await (await get('/v1/scores/orders', 'score < 40')).json());
    expect(one.instances.map(({ instance }) => instance)).to.deep.equal(['orders-2']);
  });

  it('is refused with place and hint before it waits', async () => {
    const index = api.board.watched.get().index;
    const answer = await get(`/v1/scores?index=${index}&wait=10m`, 'zome == red');
    expect(answer.status).to.equal(400);
    expect(await answer.json()).to.deep.include({
      code: 'INVALID_FILTER',
      detail: 'filter, position 1: there is no field zome',
      hint: 'did you mean "zone"?',
    });
  });

  it('is taken where there is a list only', async () => {
    expect((await get('/v1/scores/orders/orders-1', 'zone == red')).status).to.equal(400);
  });

  it('chooses what is answered, and wakes as without it', async () => {
    const index = api.board.watched.get().index;
    const read = get(`/v1/scores?index=${index}&wait=1m`, 'zone == yellow');
    await eventually(() => api.board.waiting === 1);
    api.board.publish('orders', [instanceScore({ zone: 'yellow', score: 60 })]);
    const answer = await read;
    expect(Number(answer.headers.get('x-ballast-index'))).to.be.above(index);
    const { services } = scoresResponseSchema.parse(await answer.json());
    expect(services[0]?.instances.map(({ instance }) => instance)).to.deep.equal(['orders-1']);
  });
});
