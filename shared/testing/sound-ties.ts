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

/** By currency: what packages left = what lines of standing packages took over + what is open. */
function carrySums({ links, marks }: Ties): Map<string, CarrySums> {
  const sums = new Map<string, CarrySums>();
  const add = (currency: string, amounts: Partial<CarrySums>) => {
    const { leftMicros = 0n, takenMicros = 0n, openMicros = 0n } = amounts;
    const before = sums.get(currency) ?? { leftMicros: 0n, takenMicros: 0n, openMicros: 0n };
    sums.set(currency, {
      leftMicros: before.leftMicros + leftMicros,
      takenMicros: before.takenMicros + takenMicros,
      openMicros: before.openMicros + openMicros,
    });
  };
  for (const one of links.values()) {
    if (one.isLeft) add(one.currency, { leftMicros: one.totalMicros });
    if (one.state === 'superseded') continue;
    for (const { amountMicros } of one.carried) add(one.currency, { takenMicros: amountMicros });
  }
  for (const { currency, amountMicros } of marks) add(currency, { openMicros: amountMicros });
  return sums;
}
