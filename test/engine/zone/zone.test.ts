import { expect } from 'chai';
import fc from 'fast-check';
import type { Zone } from '../../../engine/client/index.js';
import {
  expireZone,
  newZone,
  pending,
  restartStreak,
  settleZone,
  stepZone,
  zoneOf,
  type KnownZone,
  type ZoneMemory,
} from '../../../engine/zone/index.js';
import { policyFor } from '../../support/policy.js';

const { zones } = policyFor().scoring;
const names: Readonly<Record<string, Zone>> = { g: 'green', y: 'yellow', r: 'red', u: 'unknown' };
const zoneNamed = (letter: string): Zone => names[letter] ?? 'unknown';
const letter = (zone: Zone): string => zone.charAt(0);

const inForce = (known: KnownZone): ZoneMemory => ({ ...newZone(0), zone: known, damper: { known, recent: [] } });
/** Shown zones, a letter each, after evaluations with these own zones, one a second. */
const play = (own: string, from: ZoneMemory = newZone(0)): string => {
  let memory = from;
  return [...own]
    .map((each, i) => {
      memory = stepZone(memory, zoneNamed(each), zones, (i + 1) * 1_000);
      return letter(memory.zone);
    })
    .join('');
};

describe('the zone of a score', () => {
  for (const [score, zone] of [
    [100, 'green'],
    [80, 'green'],
    [79.999, 'yellow'],
    [50, 'yellow'],
    [49.999, 'red'],
    [0, 'red'],
    [null, 'unknown'],
  ] as const)
    it(`${score} is ${zone}`, () => expect(zoneOf(score, zones)).equal(zone));
});

describe('zones change by counts', () => {
  const table: readonly (readonly [string, KnownZone, string, string])[] = [
    ['two worse are not enough', 'green', 'rrgrrg', 'gggggg'],
    ['three in a row are', 'green', 'rrr', 'ggr'],
    ['to the best of the three', 'green', 'ryr', 'ggy'],
    ['a step to yellow does not restart the count', 'green', 'yrrr', 'ggyr'],
    ['nor do yellows after it', 'green', 'yyrrr', 'ggyyr'],
    ['yellow falls to red after three reds', 'yellow', 'rrr', 'yyr'],
    ['yellow needs reds in a row', 'yellow', 'rryrrr', 'yyyyyr'],
    ['yellow rises after two greens', 'yellow', 'gg', 'yg'],
    ['yellow needs greens in a row', 'yellow', 'gygg', 'yyyg'],
    ['red is left only for green', 'red', 'yyyyyy', 'rrrrrr'],
    ['red is left after two greens', 'red', 'gg', 'rg'],
    ['red is not left for one green beside a yellow', 'red', 'gygy', 'rrrr'],
    ['a good one starts the count again', 'green', 'rrgrrr', 'gggggr'],
    ['unknown is shown at once', 'green', 'u', 'u'],
    ['after unknown the zone before it is in force again', 'red', 'uugg', 'uurg'],
    ['unknown interrupts a row', 'green', 'rrurrr', 'gguggr'],
    ['green stays green', 'green', 'ggg', 'ggg'],
  ];
  for (const [name, known, own, shown] of table)
    it(`${name}: ${known}, ${own}`, () => expect(play(own, inForce(known))).equal(shown));
});

describe('an instance that is not known yet', () => {
  for (const [own, shown] of [
    ['gg', 'ug'],
    ['rrr', 'uur'],
    ['yyy', 'uuy'],
    ['yrr', 'uuy'],
    ['rgg', 'uug'],
    ['rgr', 'uuy'],
    ['grrr', 'uuyr'],
    ['urrur', 'uuuuu'],
  ] as const)
    it(`is unknown until evaluations agree: ${own}`, () => expect(play(own)).equal(shown));
});

describe('properties of zones', () => {
  const evaluations = fc.array(fc.constantFrom('g', 'y', 'r', 'u'), { maxLength: 30 }).map((each) => each.join(''));
  const known = fc.constantFrom<KnownZone>('green', 'yellow', 'red');

  it('red is never entered without three reds in a row, nor left without two greens', () => {
    fc.assert(
      fc.property(known, evaluations, (from, own) => {
        const shown = letter(from) + play(own, inForce(from));
        let force = letter(from);
        for (let i = 1; i < shown.length; i += 1) {
          const zone = shown[i] ?? 'u';
          if (zone === 'u') continue;
          if (force !== 'r' && zone === 'r') expect(own.slice(i - 3, i)).equal('rrr');
          if (force === 'r' && zone !== 'r') expect(own.slice(i - 2, i)).equal('gg');
          force = zone;
        }
      }),
    );
  });

  it('the shown zone is unknown exactly when the evaluation was', () => {
    fc.assert(
      fc.property(known, evaluations, (from, own) => {
        expect(play(own, inForce(from)).replaceAll(/[gyr]/g, '.')).equal(own.replaceAll(/[gyr]/g, '.'));
      }),
    );
  });
});

describe('what is shown beside a zone', () => {
  it('since when it is so', () => {
    let memory = inForce('green');
    for (let i = 1; i <= 5; i += 1) memory = stepZone(memory, 'red', zones, i * 1_000);
    expect(memory).include({ zone: 'red', since: 3_000 });
  });

  it('the streak of own zones, which a new mark restarts', () => {
    let memory = inForce('green');
    for (let i = 1; i <= 3; i += 1) memory = stepZone(memory, 'red', zones, i);
    expect(memory.streak).deep.equal({ zone: 'red', count: 3, since: 1 });
    memory = stepZone(restartStreak(memory, 4), 'red', zones, 4);
    expect(memory.streak).deep.equal({ zone: 'red', count: 1, since: 4 });
    expect(stepZone(memory, 'green', zones, 5).streak).deep.equal({ zone: 'green', count: 1, since: 5 });
  });

  it('unknown once it is too old, and the zone before counts on', () => {
    const expired = expireZone(inForce('red'), 99);
    expect(expired).include({ zone: 'unknown', since: 99 });
    expect(stepZone(expired, 'green', zones, 100).zone).equal('red');
  });

  it('no improvement while evidence is gathered, and no streak of it; worse counts as always', () => {
    let memory = inForce('yellow');
    for (let i = 1; i <= 5; i += 1) memory = settleZone(memory, 'green', zones, i);
    expect(memory).deep.include({ zone: 'yellow', streak: { zone: 'unknown', count: 5, since: 1 } });
    for (let i = 6; i <= 8; i += 1) memory = settleZone(memory, 'red', zones, i);
    expect(memory.zone).equal('red');
    expect(settleZone(settleZone(newZone(0), 'green', zones, 1), 'green', zones, 2).zone).equal('green');
  });

  it('how far a count is', () => {
    let memory = inForce('green');
    expect(pending(memory.damper)).equal(0);
    memory = stepZone(stepZone(memory, 'yellow', zones, 1), 'red', zones, 2);
    expect(pending(memory.damper)).equal(2);
    expect(pending(stepZone(memory, 'green', zones, 3).damper)).equal(0);
  });
});
