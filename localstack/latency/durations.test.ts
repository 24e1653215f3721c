import { describe, expect, test } from '@jest/globals';
import { figuresOf } from './durations.ts';

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('the figures of durations', () => {
  test('are the values of their ranks', () => {
    const figures = figuresOf(upTo(1_000));
    expect(figures?.avg).toBe(500.5);
    expect(figures?.max).toBe(1_000);
    const ranks = { p50: 500, p75: 750, p90: 900, p95: 950, p99: 990, 'p99.9': 999 } as const;
    for (const [name, rank] of Object.entries(ranks)) {
      const found = figures?.[name as keyof typeof ranks] as number;
      expect(Math.abs(found / rank - 1)).toBeLessThan(0.001);
    }
  });

  test('hang on no order', () => {
    expect(figuresOf(upTo(500).reverse())).toEqual(figuresOf(upTo(500)));
  });

  test('tell microseconds apart', () => {
    expect(figuresOf([0.001, 0.002, 0.003])?.p50).toBeCloseTo(0.002, 6);
  });

  test('have no percentile above the largest duration', () => {
    for (const largest of [1.234, 98.765, 12_345.678]) {
      expect(figuresOf([largest])).toMatchObject({ p50: largest, 'p99.9': largest, max: largest });
    }
  });

  test('are none of none', () => {
    expect(figuresOf([])).toBeUndefined();
  });
});
