import { expect } from '@jest/globals';
import { packageFindings, type Ties } from '#shared/domain/package-invariants.ts';

interface CarrySums {
  readonly leftMicros: bigint;
  readonly takenMicros: bigint;
  readonly openMicros: bigint;
}

/** Nothing that packages left is lost or taken over twice, package by package and, counted anew, in sum. */
export function expectSoundTies(ties: Ties): void {
  expect([...packageFindings(ties)]).toEqual([]);
  for (const { leftMicros, takenMicros, openMicros } of carrySums(ties).values()) {
    expect(takenMicros + openMicros).toBe(leftMicros);
  }
}

interface Carried {
  readonly amountMicros: bigint;
  readonly paidMicros: bigint;
}

/** By currency, of the amounts and of what is paid of them: what packages left = what lines of standing packages took over + what is open. */
function carrySums({ links, marks }: Ties): Map<string, CarrySums> {
  const sums = new Map<string, CarrySums>();
  const addTo = (key: string, into: keyof CarrySums, micros: bigint) => {
    const before = sums.get(key) ?? { leftMicros: 0n, takenMicros: 0n, openMicros: 0n };
    sums.set(key, { ...before, [into]: before[into] + micros });
  };
  const add = (currency: string, into: keyof CarrySums, { amountMicros, paidMicros }: Carried) => {
    addTo(currency, into, amountMicros);
    addTo(`${currency}, paid`, into, paidMicros);
  };
  for (const one of links.values()) {
    const { currency, totalMicros, paidMicros } = one;
    if (one.isLeft) add(currency, 'leftMicros', { amountMicros: totalMicros, paidMicros });
    if (one.state === 'superseded') continue;
    for (const line of one.carried) add(currency, 'takenMicros', line);
  }
  for (const mark of marks) add(mark.currency, 'openMicros', mark);
  return sums;
}
