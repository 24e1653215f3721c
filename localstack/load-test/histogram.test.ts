import { describe, expect, test } from '@jest/globals';
import { drawHistogram, histogramOf } from './histogram.ts';

describe('a histogram', () => {
  test('counts by half-open intervals, from the first that has some to the last', () => {
    expect(histogramOf([15, 1.5, 1.999, 2, 2.9, 7, 14.99])).toEqual([
      { fromMs: 1.5, toMs: 2, count: 2 },
      { fromMs: 2, toMs: 3, count: 2 },
      { fromMs: 3, toMs: 5, count: 0 },
      { fromMs: 5, toMs: 7, count: 0 },
      { fromMs: 7, toMs: 10, count: 1 },
      { fromMs: 10, toMs: 15, count: 1 },
      { fromMs: 15, toMs: 20, count: 1 },
    ]);
  });

  test('has room for everything', () => {
    expect(histogramOf([0])).toEqual([{ fromMs: 0, toMs: 0.001, count: 1 }]);
    expect(histogramOf([1e9])).toEqual([
      { fromMs: 700_000, toMs: Number.POSITIVE_INFINITY, count: 1 },
    ]);
    expect(histogramOf([])).toEqual([]);
  });

  test('is drawn with bars as long as their counts', () => {
    const rows = [
      { fromMs: 700, toMs: 1_000, count: 2_000 },
      { fromMs: 1_000, toMs: 1_500, count: 1_000 },
      { fromMs: 1_500, toMs: 2_000, count: 0 },
      { fromMs: 2_000, toMs: 3_000, count: 1 },
    ];
    expect(drawHistogram(rows)).toEqual([
      `  700 – 1,000 ms  2,000  66.6%  ${'█'.repeat(44)}`,
      `1,000 – 1,500 ms  1,000  33.3%  ${'█'.repeat(22)}`,
      '1,500 – 2,000 ms      0   0.0%',
      '2,000 – 3,000 ms      1   0.0%  ▏',
    ]);
  });

  test('of nothing is nothing', () => {
    expect(drawHistogram([])).toEqual([]);
  });
});
