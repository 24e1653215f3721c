import type { DailyUsage } from '#shared/contracts/daily-usage.ts';
import { addDays, daysOf, isHalfMonth } from '#shared/domain/billing-period.ts';
import { formatAmount as decimalOf, parseMicros } from '#shared/domain/money.ts';
import { formatAmount } from '../format/amounts.ts';

type Day = DailyUsage['days'][number];

/** Colours of styles.css for meters, in turn. */
const COLORS = ['sending', 'accepted', 'unknown', 'superseded', 'submitted', 'packaged'];

/** Daily amounts of one currency as bars, a series for each meter. What was given back is taken off. */
export function usageBars(usage: DailyUsage, currency: string) {
  const ofCurrency = usage.days.filter((day) => day.currency === currency);
  const days = allDays(usage, ofCurrency);
  const meters = [...new Set(ofCurrency.map(({ meter }) => meter))].sort();
  return {
    labels: days.map((day) => String(Number(day.slice(8)))),
    series: meters.map((meter, index) => {
      const ofMeter = ofCurrency.filter((one) => one.meter === meter);
      const sums = days.map((day) => sumOf(ofMeter.filter((one) => one.day === day)));
      return {
        name: meter,
        color: COLORS[index % COLORS.length] as string,
        values: sums.map((micros) => Number(micros) / 1e6),
        texts: sums.map((micros) => `${formatAmount(decimalOf(micros))} ${currency}`),
      };
    }),
  };
}

function sumOf(days: readonly Day[]): bigint {
  return days.reduce((sum, { amount }) => sum + (parseMicros(amount) ?? 0n), 0n);
}

/** Days without usage are shown as such. */
function allDays({ period }: DailyUsage, found: readonly Day[]): string[] {
  if (!isHalfMonth(period)) return [...new Set(found.map(({ day }) => day))].sort();
  const { start, end } = daysOf(period);
  const days: string[] = [];
  for (let day = start; day < end; day = addDays(day, 1)) days.push(day);
  return days;
}

export function currenciesOf({ days }: DailyUsage): string[] {
  return [...new Set(days.map(({ currency }) => currency))].sort();
}
