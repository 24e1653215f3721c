import type { UseQueryResult } from '@tanstack/react-query';
import type { Progress } from '#shared/contracts/progress.ts';
import { countOf } from '../format/amounts.ts';
import { formatDuration } from '../format/times.ts';
import { Part } from '../parts/part.tsx';
import { Table } from '../parts/table.tsx';
import { Time } from '../parts/time.tsx';
import { useServerNow } from '../parts/use-now.ts';
import { nothingYet } from './nothing-yet.tsx';

type Run = Progress['packagingRuns'][number];

const STATUS = {
  running: { name: 'Running', tone: '' },
  succeeded: { name: 'Succeeded', tone: 'good' },
  failed: { name: 'Failed', tone: 'bad' },
} as const;

export function Packaging({ query }: { readonly query: UseQueryResult<Progress> }) {
  return (
    <Part title="Packaging" query={query} onFailure={nothingYet}>
      {({ asOf, unpackagedClients, packagingRuns }) => (
        <>
          <p>
            {unpackagedClients === 0
              ? 'All usage of this half month is packaged.'
              : `${countOf(unpackagedClients, 'client')} with usage that is not packaged yet.`}
          </p>
          {packagingRuns.length === 0 ? (
            <p className="dim">No run of late.</p>
          ) : (
            <Table
              caption="Packaging runs"
              rows={packagingRuns}
              keyOf={keyOf}
              columns={[
                ...COLUMNS,
                {
                  name: 'Took',
                  isNumber: true,
                  cell: (run) => <Took run={run} asOf={asOf} answeredMs={query.dataUpdatedAt} />,
                },
              ]}
            />
          )}
        </>
      )}
    </Part>
  );
}

const keyOf = ({ startedAt }: Run, index: number) => `${startedAt} ${index}`;

const COLUMNS = [
  { name: 'Started', isHead: true, cell: ({ startedAt }: Run) => <Time at={startedAt} /> },
  {
    name: 'Status',
    cell: ({ status }: Run) => <span className={STATUS[status].tone}>{STATUS[status].name}</span>,
  },
];

function Took({
  run: { startedAt, endedAt },
  asOf,
  answeredMs,
}: {
  readonly run: Run;
  readonly asOf: string;
  readonly answeredMs: number;
}) {
  const nowMs = useServerNow(asOf, answeredMs);
  const endMs = endedAt === undefined ? nowMs : Date.parse(endedAt);
  return formatDuration(endMs - Date.parse(startedAt));
}
