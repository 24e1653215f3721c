import { expect, test } from '@jest/globals';
import { currenciesOf, usageBars } from './usage-bars.ts';

const day = (number: string, meter: string, amount: string, currency = 'EUR') => ({
  day: `2026-11-${number}`,
  meter,
  source: 'postpaid' as const,
  currency,
  events: 1,
  quantity: '1',
  amount,
});

const usage = {
  client: 'acme',
  period: '2026-11-H1',
  days: [
    day('02', 'b', '1.50'),
    day('02', 'a', '2'),
    { ...day('02', 'a', '-0.5'), source: 'reversal' as const },
    day('15', 'a', '3'),
    day('03', 'a', '9', 'USD'),
  ],
};

test('each meter is a series over all days of the half month, with what was given back taken off', () => {
  const { labels, series } = usageBars(usage, 'EUR');
  expect(labels).toEqual(Array.from({ length: 15 }, (_, index) => `${index + 1}`));
  expect(series.map(({ name, values }) => [name, values[1], values[14]])).toEqual([
    ['a', 1.5, 3],
    ['b', 1.5, 0],
  ]);
});

test('what is said of a bar is exact, however small or large, with its currency', () => {
  const days = [
    day('04', 'a', '0.1'),
    { ...day('04', 'a', '0.2'), source: 'prepaid' as const },
    day('05', 'a', '0.0004'),
    day('06', 'a', '123456789012345.000001'),
  ];
  const [series] = usageBars({ ...usage, days }, 'EUR').series;
  expect(series?.texts.slice(3, 6)).toEqual([
    '0.30 EUR',
    '0.0004 EUR',
    '123,456,789,012,345.000001 EUR',
  ]);
});

test('currencies are never added up', () => {
  expect(currenciesOf(usage)).toEqual(['EUR', 'USD']);
  expect(usageBars(usage, 'USD').series).toMatchObject([{ name: 'a' }]);
});
