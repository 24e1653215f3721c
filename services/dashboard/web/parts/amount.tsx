import { formatAmount } from '../format/amounts.ts';

export function Amount({
  amount,
  currency,
}: {
  readonly amount: string;
  readonly currency?: string;
}) {
  return (
    <span className="number">
      {formatAmount(amount)}
      {currency && <span className="unit"> {currency}</span>}
    </span>
  );
}
