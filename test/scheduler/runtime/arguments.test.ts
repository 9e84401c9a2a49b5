import { expect } from 'chai';
import fc from 'fast-check';
import { instanceIdPattern } from '../../../config/index.js';
import { fillArguments } from '../../../scheduler/runtime/arguments.js';

const values = { instance: 'shop-1@node-a', service: 'shop', pid: 4711 };

describe('runtime: arguments of a restart command', () => {
  it('puts whole values into their places', () => {
    const command = ['/bin/ctl', 'restart', '{{service}}@{{ instance.id }}.service', '--pid={{pid}}', 'plain'];
    expect(fillArguments(command, values)).to.deep.equal({
      ok: true,
      value: { program: '/bin/ctl', args: ['restart', 'shop@shop-1@node-a.service', '--pid=4711', 'plain'] },
    });
  });

  it('says "none" for the pid of a process that is gone, which no kill takes', () => {
    const filled = fillArguments(['kill', '{{pid}}'], { ...values, pid: null });
    expect(filled.ok && filled.value.args).to.deep.equal(['none']);
  });

  const refused: readonly (readonly [string, readonly string[], Partial<typeof values>])[] = [
    ['no program', [], {}],
    ['a value as the program', ['{{service}}'], {}],
    ['a place that it does not know', ['ctl', '{{node.address}}'], {}],
    ['a prototype', ['ctl', '{{constructor}}'], {}],
    ['an id like an option', ['ctl', '{{instance.id}}'], { instance: '--force' }],
    ['an id with a path', ['ctl', '{{instance.id}}'], { instance: '../shop-1' }],
    ['an id with a shell in it', ['ctl', '{{instance.id}}'], { instance: 'a;reboot' }],
  ];
  for (const [name, command, more] of refused) {
    it(`refuses ${name}`, () => expect(fillArguments(command, { ...values, ...more }).ok).to.equal(false));
  }

  it('never makes two arguments of one, nor an option of a value', () =>
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), (instance) => {
        const filled = fillArguments(['ctl', '{{instance.id}}'], { ...values, instance });
        expect(filled.ok).to.equal(instanceIdPattern.test(instance));
        if (filled.ok) expect(filled.value.args).to.deep.equal([instance]);
        if (filled.ok) expect(instance).to.match(/^[^-\s/][^\s/]*$/);
      }),
      { numRuns: 200 },
    ));
});
