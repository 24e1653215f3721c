import type { DailyUsage } from '#shared/contracts/daily-usage.ts';
import { addDays, daysOf, isHalfMonth } from '#shared/domain/billing-period.ts';

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
    series: meters.map((meter, index) => ({
      name: meter,
      color: COLORS[index % COLORS.length] as string,
      values: days.map((day) =>
        ofCurrency
          .filter((one) => one.day === day && one.meter === meter)
          .reduce((sum, { amount }) => sum + Number(amount), 0),
      ),
    })),
  };
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
