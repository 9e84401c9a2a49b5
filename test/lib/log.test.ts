import { expect } from 'chai';
import { hearLog } from '../support/log.js';

describe('log', () => {
  it('names level and time as people read them', () => {
    const { log, lines } = hearLog();
    log.warn({ service: 'orders' }, 'discovery fails');
    expect(lines[0]).to.include({ level: 'warn', name: 'test', service: 'orders', msg: 'discovery fails' });
    expect(lines[0]?.['time']).to.match(/^\d{4}-\d\d-\d\dT.*Z$/);
  });

  it('never shows a secret', () => {
    const { log, lines } = hearLog();
    log.info({ token: 's3cret', consul: { token: 's3cret' }, listen: { tokens: ['s3cret'] } }, 'configured');
    log.info({ headers: { authorization: 'Bearer s3cret' } }, 'asked');
    expect(JSON.stringify(lines)).not.to.include('s3cret');
  });

  it('keeps its level', () => {
    const { log, lines } = hearLog('warn');
    log.info('quiet');
    expect(lines).to.have.length(0);
  });
});
