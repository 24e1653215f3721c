import { describe, expect, test } from '@jest/globals';
import { drawFor } from './faults.ts';
import { DEFAULT_SETTINGS } from './settings.ts';

describe('faults', () => {
  const faultOf = (index: number, seed: string) =>
    drawFor('submission', `invoice-${index}`, 1, seed).submissionFault(DEFAULT_SETTINGS);
  const indexes = Array.from({ length: 10_000 }, (_, index) => index);

  test('come as often as their shares say, and the same in every run of a seed', () => {
    const faults = indexes.map((index) => faultOf(index, 'a'));
    expect(faults).toEqual(indexes.map((index) => faultOf(index, 'a')));
    expect(faults).not.toEqual(indexes.map((index) => faultOf(index, 'b')));
    const counts = Map.groupBy(faults, (fault) => fault ?? 'none');
    // Shares of 1 % and 0.5 % of 10,000, within five standard deviations.
    expect(Math.abs((counts.get('serverErrorBeforeAccepting')?.length ?? 0) - 100)).toBeLessThan(
      50,
    );
    expect(Math.abs((counts.get('timeoutAfterAccepting')?.length ?? 0) - 100)).toBeLessThan(50);
    expect(Math.abs((counts.get('lost')?.length ?? 0) - 50)).toBeLessThan(36);
  });

  test('a second attempt is drawn anew', () => {
    const unlucky = indexes.filter((index) => faultOf(index, 'a') !== undefined);
    const again = unlucky.filter(
      (index) =>
        drawFor('submission', `invoice-${index}`, 2, 'a').submissionFault(DEFAULT_SETTINGS) !==
        undefined,
    );
    expect(again.length).toBeLessThan(unlucky.length / 5);
  });

  test('latency stays within its span', () => {
    for (const index of indexes.slice(0, 1_000)) {
      const ms = drawFor('lookUp', `invoice-${index}`, 1, 'a').latencyMs(DEFAULT_SETTINGS);
      expect(ms).toBeGreaterThanOrEqual(40);
      expect(ms).toBeLessThanOrEqual(250);
    }
  });
});
