import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { Entry } from '#shared/contracts/entries.ts';
import { fetchEntries } from '../api/routes.ts';
import { formatAmount } from '../format/amounts.ts';
import { Amount } from '../parts/amount.tsx';
import { Part } from '../parts/part.tsx';
import { Table } from '../parts/table.tsx';
import { Time } from '../parts/time.tsx';
import { withoutAccount } from './account.tsx';

const KINDS: Readonly<Record<Entry['kind'], string>> = {
  opening: 'Opened',
  top_up: 'Top-up',
  adjustment: 'Adjustment',
  charge: 'Charge',
  reversal: 'Given back',
  hold: 'Hold',
  capture: 'Capture',
  release: 'Hold released',
  expiry: 'Hold expired',
  extension: 'Hold extended',
  terms: 'Terms changed',
};

/** Every change of the account, newest first, further and further back. */
export function Statement({ client }: { readonly client: string }) {
  const query = useInfiniteQuery({
    queryKey: ['entries', client],
    queryFn: ({ pageParam, signal }) => fetchEntries(client, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    // All pages are asked for each time: the more there are, the more rarely.
    refetchInterval: ({ state }) => 15_000 * (state.data?.pages.length ?? 1),
  });
  return (
    <Part
      title="Statement"
      query={query}
      loadingLines={8}
      onFailure={withoutAccount(<p className="dim">No account, no statement.</p>)}
    >
      {({ pages }) => {
        const entries = pages.flatMap((page) => page.entries);
        if (entries.length === 0) {
          return <p className="dim">Nothing yet. What just happened comes some seconds later.</p>;
        }
        return (
          <>
            <Table
              caption="Statement, newest first"
              rows={entries}
              keyOf={({ kind, id, recordedAt }) => `${kind} ${id} ${recordedAt}`}
              columns={COLUMNS}
            />
            {query.hasNextPage && (
              <Button
                size="compact-sm"
                variant="default"
                loading={query.isFetchingNextPage}
                onClick={() => query.fetchNextPage()}
              >
                Older entries
              </Button>
            )}
          </>
        );
      }}
    </Part>
  );
}

const COLUMNS = [
  { name: 'Time', isHead: true, cell: ({ recordedAt }: Entry) => <Time at={recordedAt} /> },
  { name: 'What', cell: (entry: Entry) => <What entry={entry} /> },
  { name: 'Id', cell: ({ id }: Entry) => <code>{id}</code> },
  {
    name: 'Change',
    isNumber: true,
    cell: ({ change, amount, kind }: Entry) =>
      /^-?0(\.0+)?$/.test(change) ? (
        <span className="dim">{kind === 'hold' ? `holds ${formatAmount(amount)}` : '–'}</span>
      ) : (
        <Amount amount={change} />
      ),
  },
  {
    name: 'Balance',
    isNumber: true,
    cell: ({ balance, currency }: Entry) => <Amount amount={balance} currency={currency} />,
  },
];

function What({ entry }: { readonly entry: Entry }) {
  const { kind, meter, quantity, status } = entry;
  return (
    <>
      {KINDS[kind]}
      {meter && (
        <span className="dim">
          {' '}
          {meter}
          {quantity && ` × ${formatAmount(quantity)}`}
        </span>
      )}
      {status && <span className="dim"> {status}</span>}
    </>
  );
}
