import type { Invoice } from '#shared/contracts/invoices.ts';
import { formatCount } from '../format/amounts.ts';
import { answerName, answerTone, callName } from '../format/attempts.ts';
import { Time } from '../parts/time.tsx';

/** Everything that was tried, the latest first. */
export function Attempts({ history }: { readonly history: Invoice['history'] }) {
  if (history.length === 0) return <p className="dim">Nothing was tried yet.</p>;
  return (
    <ol className="timeline" reversed>
      {history.toReversed().map(({ at, call, answer, detail, latencyMs }) => (
        <li key={`${at} ${call} ${answer}`} className={answerTone(answer)}>
          <Time at={at} />
          <span>{callName(call)}</span>
          <span className="what">
            <strong>{answerName(answer)}</strong>{' '}
            {detail && <span className="detail">{detail}</span>}
          </span>
          <span className="latency number dim">
            {latencyMs !== undefined && `${formatCount(latencyMs)} ms`}
          </span>
        </li>
      ))}
    </ol>
  );
}
