import { Link } from 'wouter';
import type { Progress } from '#shared/contracts/progress.ts';
import { formatAmount, formatCount } from '../format/amounts.ts';
import { STAGE_MEANINGS } from '../format/states.ts';
import { focusNextTitle } from '../frame/page-title.tsx';
import { State } from '../parts/state.tsx';
import { amountsByStage, countByStage, REJECTED, STAGES } from './stages.ts';

/** How many invoices are in each state and what they are worth; each leads to its list. */
export function StateTiles({ progress }: { readonly progress: Progress }) {
  const counts = countByStage(progress);
  const amounts = amountsByStage(progress);
  const shown = STAGES.filter((stage) => ALWAYS_SHOWN.includes(stage) || counts[stage]);
  return (
    <div className="tiles">
      {shown.map((stage) => (
        <Link
          key={stage}
          className="tile"
          href={`/invoices?${filterOf(stage)}&period=${progress.period}`}
          onClick={focusNextTitle}
          title={STAGE_MEANINGS[stage]}
        >
          <State state={stage} />
          <span className="figure">{formatCount(counts[stage] ?? 0)}</span>
          {Object.entries(amounts[stage] ?? {}).map(([currency, amount]) => (
            <span key={currency} className="sub number">
              {formatAmount(amount)} {currency}
            </span>
          ))}
        </Link>
      ))}
    </div>
  );
}

/** Those that are rare or pass quickly come and go; these one looks for. */
const ALWAYS_SHOWN = ['packaged', 'submitted', 'accepted', 'rejected', 'parked'];

function filterOf(stage: string): string {
  return stage === 'rejected' ? `state=parked&reason=${REJECTED}` : `state=${stage}`;
}
