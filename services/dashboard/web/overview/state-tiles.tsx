import { Link } from 'wouter';
import type { Progress } from '#shared/contracts/progress.ts';
import { INVOICE_STATES } from '#shared/domain/invoice.ts';
import { formatAmount, formatCount } from '../format/amounts.ts';
import { STATE_MEANINGS } from '../format/states.ts';
import { focusNextTitle } from '../frame/page-title.tsx';
import { State } from '../parts/state.tsx';

/** How many invoices are in each state and what they are worth; each leads to its list. */
export function StateTiles({ progress }: { readonly progress: Progress }) {
  const { byState, amountByState, period } = progress;
  const states = INVOICE_STATES.filter((state) => isAlwaysShown(state) || byState[state]);
  return (
    <div className="tiles">
      {states.map((state) => (
        <Link
          key={state}
          className="tile"
          href={`/invoices?state=${state}&period=${period}`}
          onClick={focusNextTitle}
          title={STATE_MEANINGS[state]}
        >
          <State state={state} />
          <span className="figure">{formatCount(byState[state] ?? 0)}</span>
          {Object.entries(amountByState[state] ?? {}).map(([currency, amount]) => (
            <span key={currency} className="sub number">
              {formatAmount(amount)} {currency}
            </span>
          ))}
        </Link>
      ))}
    </div>
  );
}

/** States that are rare or pass quickly come and go; these one looks for. */
function isAlwaysShown(state: string): boolean {
  return ['packaged', 'submitted', 'accepted', 'parked'].includes(state);
}
