import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Explanation, LineExplanation } from '#shared/contracts/explanation.ts';
import type { Invoice } from '#shared/contracts/invoices.ts';
import { explanation, fetchLineExplanation } from '../api/routes.ts';
import { countOf, formatAmount } from '../format/amounts.ts';
import { Failure } from '../parts/failure.tsx';
import { Loading } from '../parts/loading.tsx';
import { Part } from '../parts/part.tsx';
import { isCheckedHere, MAX_CHECKED_EVENTS } from './checked-here.ts';
import { KINDS, What } from './lines-table.tsx';
import { type Check, checkEvents, checkLines, checkRecord } from './proofs.ts';

/** From the lines to the events behind them, each step checked here and not by the server. */
export function Explained({ invoice }: { readonly invoice: Invoice }) {
  const query = useQuery(explanation(invoice.id));
  return (
    <Part title="Explanation" query={query}>
      {(found) => (
        <>
          <LinesCheck explanation={found} invoice={invoice} />
          <ol className="explained">
            {found.lines.map((line) => (
              <li key={line.index}>
                <ExplainedLine id={invoice.id} line={line} currency={invoice.currency} />
              </li>
            ))}
          </ol>
        </>
      )}
    </Part>
  );
}

function LinesCheck({
  explanation: found,
  invoice,
}: {
  readonly explanation: Explanation;
  readonly invoice: Invoice;
}) {
  const { lines, linesSha256, currency } = invoice;
  const check = useQuery({
    queryKey: ['lines check', found, lines, linesSha256, currency],
    queryFn: () => checkLines(found, invoice),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <div aria-live="polite">
      {check.data && <CheckResult check={check.data} />}
      <p className="dim">
        SHA-256 <code>{found.linesSha256}</code>
      </p>
    </div>
  );
}

function CheckResult({ check }: { readonly check: Check }) {
  return (
    <p className={`check ${check.isRight ? 'good' : 'bad'}`}>
      <span aria-hidden="true">{check.isRight ? '✓' : '✕'}</span> {check.isRight ? '' : 'Wrong: '}
      {check.text}
    </p>
  );
}

type Line = Explanation['lines'][number];

function ExplainedLine({
  id,
  line,
  currency,
}: {
  readonly id: string;
  readonly line: Line;
  readonly currency: string;
}) {
  const [isOpen, setOpen] = useState(false);
  const isChecked = line.record !== undefined && isCheckedHere(line.record);
  const events = useQuery({
    queryKey: ['line proof', id, line],
    queryFn: ({ signal }) => proveLine(id, line, signal),
    enabled: isOpen && isChecked,
    staleTime: 'static',
  });
  const title = (
    <>
      {KINDS[line.line.kind]}: <What line={line.line} />,{' '}
      <span className="number">
        {formatAmount(line.line.amount)} {currency}
      </span>
    </>
  );
  if (!line.record) return <span>{title}</span>;
  const { at, billedBefore, tree } = line.record;
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{title}</summary>
      <div className="explanation">
        <p>
          The daily record held {formatAmount(at.amount)} {currency} for {formatAmount(at.quantity)}{' '}
          in {countOf(at.events, 'event')}; {formatAmount(billedBefore.amount)} {currency} of it had
          been billed before.
        </p>
        <CheckResult check={checkRecord(line)} />
        {!isChecked && (
          <p className="dim">
            Not checked here: it has more than {countOf(MAX_CHECKED_EVENTS, 'event')}. Check it with{' '}
            <code>make explain INVOICE={id}</code>.
          </p>
        )}
        <div aria-live="polite">
          {events.isLoading && <Loading lines={2} />}
          {events.data && <CheckResult check={events.data.check} />}
          {events.error && <Failure error={events.error} retry={() => events.refetch()} />}
        </div>
        {events.data && <Events events={events.data.events} />}
        <p className="dim">
          Tree of {countOf(tree.size, 'event')}, root <code>{tree.root}</code>
        </p>
      </div>
    </details>
  );
}

/** So many pages hold what is checked here, if each has only as many events as it may have batches. */
const MAX_PAGES = 200;

/** Ends where one leaves the view. */
async function proveLine(
  id: string,
  line: Line,
  signal: AbortSignal,
): Promise<{ check: Check; events: LineExplanation['events'] }> {
  const events: LineExplanation['events'] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const found = await fetchLineExplanation(id, line.index, cursor, signal);
    events.push(...found.events);
    if (line.record && found.tree.root !== line.record.tree.root) {
      const text = 'The events are of another tree than the one that the line names.';
      return { events, check: { isRight: false, text } };
    }
    cursor = found.nextCursor;
    if (cursor === undefined) {
      return { events, check: await checkEvents(line.line, found.tree, events) };
    }
  }
  const text = `There are more than ${MAX_PAGES} pages, which is more events than the line has.`;
  return { events, check: { isRight: false, text } };
}

const SHOWN = 20;

function Events({ events }: { readonly events: LineExplanation['events'] }) {
  return (
    <details>
      <summary>{countOf(events.length, 'event')}</summary>
      <ul className="plain-list">
        {events.slice(0, SHOWN).map(({ text, batch, index, sign }) => (
          <li key={`${batch} ${index}`}>
            <span className="dim">
              {sign === '-' ? 'taken off' : 'added'} · batch <code>{batch}</code>, place {index + 1}{' '}
              in the tree
            </span>
            <pre>{text}</pre>
          </li>
        ))}
      </ul>
      {events.length > SHOWN && (
        <p className="dim">The first {SHOWN} are shown; all were checked.</p>
      )}
    </details>
  );
}
