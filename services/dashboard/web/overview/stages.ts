import type { Progress } from '#shared/contracts/progress.ts';
import { INVOICE_STATES, type ParkReason } from '#shared/domain/invoice.ts';
import { formatAmount, parseMicros } from '#shared/domain/money.ts';

/**
 * What the overview tells apart. To the domain, what the invoice API has rejected is parked like all that waits for a
 * person (decision 4); who looks at a half month wants to know it by itself, and `parked` is then all others.
 */
export const STAGES: readonly string[] = INVOICE_STATES.flatMap((state) =>
  state === 'parked' ? ['rejected', state] : [state],
);

export const REJECTED = 'rejected_by_invoice_api' satisfies ParkReason;

type Counts = Readonly<Record<string, number>>;

export function countByStage({
  byState,
  parkedByReason,
}: Pick<Progress, 'byState' | 'parkedByReason'>): Counts {
  const rejected = parkedByReason[REJECTED] ?? 0;
  return { ...byState, rejected, parked: (byState.parked ?? 0) - rejected };
}

type Amounts = Readonly<Record<string, string>>;

export function amountsByStage({
  amountByState,
  parkedAmountByReason,
}: Pick<Progress, 'amountByState' | 'parkedAmountByReason'>): Readonly<Record<string, Amounts>> {
  const rejected = parkedAmountByReason[REJECTED] ?? {};
  return { ...amountByState, rejected, parked: without(amountByState.parked ?? {}, rejected) };
}

/** What is left of each amount, if anything is. */
function without(all: Amounts, part: Amounts): Amounts {
  const left = Object.entries(all).map(([currency, amount]) => {
    const micros = (parseMicros(amount) ?? 0n) - (parseMicros(part[currency] ?? '0') ?? 0n);
    return [currency, micros] as const;
  });
  return Object.fromEntries(
    left
      .filter(([, micros]) => micros !== 0n)
      .map(([currency, micros]) => [currency, formatAmount(micros)]),
  );
}
