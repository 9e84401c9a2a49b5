import { expect } from 'chai';
import type { Express } from 'express';
import { json } from '../../../lib/http/endpoints.js';
import { listen, type Listening } from '../../../lib/http/server.js';
import { routes } from '../../../scheduler/api/routes.js';
import { leaderViewSchema } from '../../../scheduler/client/index.js';
import { appOf } from '../../support/api.js';
import { described, flaws, readDocument, referred, registered, type Document } from '../../support/openapi.js';

const notAsked = (): never => {
  throw new Error('only the description is asked for');
};

describe('/v1/openapi.json of the scheduler', () => {
  let app: Express;
  let server: Listening;
  let document: Document;

  before(async () => {
    app = appOf(
      routes({
        services: notAsked,
        shown: notAsked,
        leader: notAsked,
        gateway: null,
        journal: { read: notAsked, actions: notAsked },
        verifyJournal: notAsked,
        pauses: { list: notAsked, put: notAsked, remove: notAsked },
        planText: notAsked,
        now: notAsked,
        preview: notAsked,
        telling: { view: notAsked, test: notAsked },
        configuration: [
          { method: 'get', path: '/v1/config', summary: 'one', answer: json(leaderViewSchema), handle: notAsked },
        ],
      }),
    );
    server = await listen(app, { host: '127.0.0.1', port: 0 });
    document = await readDocument(server.url);
  });
  after(() => server.close());

  it('describes every route that is registered, and none that is not', () => {
    expect(described(document)).to.deep.equal(registered(app));
    expect(described(document)).to.include('get /v1/upstreams/{name}').and.to.include('delete /v1/pause');
  });

  it('refers only to what it defines, and names each operation once', () => {
    expect(referred(document)).to.include('InstanceView').and.to.include('Action');
    expect(flaws(document)).to.deep.equal([]);
  });

  it('says that the plan is also there as text', () => {
    const answers = document.paths['/v1/plan']?.['get'];
    expect(answers).to.have.nested.property('responses.200.content.application/json');
    expect(answers).to.have.nested.property('responses.200.content.text/plain');
  });
});
