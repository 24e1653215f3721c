import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'wouter';
import { invoices } from '../api/routes.ts';
import { countOf } from '../format/amounts.ts';
import { PageTitle } from '../frame/page-title.tsx';
import { Part } from '../parts/part.tsx';
import { Filters } from './filters.tsx';
import { InvoiceTable } from './invoice-table.tsx';
import {
  FIRST_PAGE,
  type ListState,
  previousPage,
  readListState,
  toQuery,
  toRetryFilter,
  withFilter,
  writeListState,
} from './list-state.ts';
import { RetryDialog } from './retry-dialog.tsx';
import type { Retried } from './retry-rounds.ts';

/** Invoices by filter, page by page, and retries of many. */
export default function InvoicesPage() {
  const [search, setSearch] = useSearchParams();
  const state = readListState(search);
  const go = (next: ListState) => setSearch(writeListState(next));
  const query = useQuery(invoices(toQuery(state)));
  const [selected, setSelected] = useSelection(state);
  return (
    <>
      <PageTitle title="Invoices" />
      <Filters state={state} change={(filter) => go(withFilter(state, filter))} />
      <Part title="Matching invoices" query={query} loadingLines={12}>
        {(page) => (
          <>
            <Actions
              state={state}
              here={page.invoices.map(({ id }) => id)}
              selected={selected}
              select={setSelected}
            />
            {page.invoices.length === 0 ? (
              <p className="dim">
                {page.nextCursor === undefined
                  ? 'No invoice matches. Fewer filters show more.'
                  : 'None among those looked at so far. Go on with the next page.'}
              </p>
            ) : (
              <InvoiceTable
                invoices={page.invoices}
                selection={{ ids: selected, change: setSelected }}
              />
            )}
            <Pages
              state={state}
              nextCursor={page.nextCursor}
              isWaiting={query.isPlaceholderData}
              go={go}
            />
          </>
        )}
      </Part>
    </>
  );
}

const NONE: ReadonlySet<string> = new Set();

/** Over all pages of one filter: whichever way one comes to another, what was selected is not retried along unseen. */
function useSelection(state: ListState) {
  const filter = writeListState({ ...state, ...FIRST_PAGE }).toString();
  const [selection, setSelection] = useState({ filter, ids: NONE });
  const ids = selection.filter === filter ? selection.ids : NONE;
  return [ids, (chosen: ReadonlySet<string>) => setSelection({ filter, ids: chosen })] as const;
}

function Actions({
  state,
  here,
  selected,
  select,
}: {
  readonly state: ListState;
  /** The ids on the page that is shown. */
  readonly here: readonly string[];
  readonly selected: ReadonlySet<string>;
  readonly select: (ids: ReadonlySet<string>) => void;
}) {
  const [retried, setRetried] = useState<Retried>();
  const filter = toRetryFilter(state);
  return (
    <div className="bar">
      <Button
        size="compact-sm"
        disabled={selected.size === 0}
        onClick={() => setRetried({ ids: [...selected] })}
      >
        {selected.size > 0 ? `Retry ${selected.size} selected` : 'Retry selected'}
      </Button>
      <Button
        size="compact-sm"
        variant="default"
        disabled={filter === undefined}
        onClick={() => filter && setRetried({ filter })}
      >
        Retry all parked that match
      </Button>
      <Button
        className="narrow-only"
        size="compact-sm"
        variant="default"
        disabled={here.every((id) => selected.has(id))}
        onClick={() => select(new Set([...selected, ...here]))}
      >
        Select this page
      </Button>
      {selected.size > 0 && (
        <>
          <span className="dim">{countOf(selected.size, 'invoice')} selected</span>
          <Button size="compact-sm" variant="subtle" onClick={() => select(NONE)}>
            Select none
          </Button>
        </>
      )}
      {retried && (
        <RetryDialog
          retried={retried}
          onClose={(hasRun) => {
            setRetried(undefined);
            if (hasRun) select(NONE);
          }}
        />
      )}
    </div>
  );
}

function Pages({
  state,
  nextCursor,
  isWaiting,
  go,
}: {
  readonly state: ListState;
  readonly nextCursor: string | undefined;
  readonly isWaiting: boolean;
  readonly go: (state: ListState) => void;
}) {
  const { cursors } = state;
  const previous = previousPage(state);
  if (cursors.length === 0 && nextCursor === undefined) return null;
  return (
    <nav className="bar" aria-label="Pages">
      <Button
        size="compact-sm"
        variant="default"
        disabled={cursors.length === 0}
        onClick={() => go({ ...state, ...FIRST_PAGE })}
      >
        First
      </Button>
      <Button
        size="compact-sm"
        variant="default"
        disabled={previous === undefined}
        onClick={() => previous && go(previous)}
      >
        Previous
      </Button>
      <Button
        size="compact-sm"
        variant="default"
        disabled={nextCursor === undefined || isWaiting}
        loading={isWaiting}
        onClick={() => nextCursor && go({ ...state, cursors: [...cursors, nextCursor] })}
      >
        Next
      </Button>
    </nav>
  );
}
