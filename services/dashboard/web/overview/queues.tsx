import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import type { QueueDepth } from '#shared/contracts/dead-letters.ts';
import { queues } from '../api/routes.ts';
import { countOf, formatCount } from '../format/amounts.ts';
import { focusNextTitle } from '../frame/page-title.tsx';
import { Part } from '../parts/part.tsx';
import { Table } from '../parts/table.tsx';

const COLUMNS = [
  { name: 'Queue', isHead: true, cell: ({ name }: QueueDepth) => name },
  { name: 'Waiting', isNumber: true, cell: ({ waiting }: QueueDepth) => formatCount(waiting) },
  { name: 'In flight', isNumber: true, cell: ({ inFlight }: QueueDepth) => formatCount(inFlight) },
  {
    name: 'Dead letters',
    isNumber: true,
    cell: ({ deadLetters }: QueueDepth) =>
      deadLetters === 0 ? (
        '0'
      ) : (
        <Link href="/dead-letters" className="bad" onClick={focusNextTitle}>
          {formatCount(deadLetters)}
        </Link>
      ),
  },
];

export function Queues() {
  const query = useQuery(queues());
  return (
    <Part title="Queues" query={query}>
      {(data) => (
        <>
          <Table caption="Queues" columns={COLUMNS} rows={data.queues} keyOf={({ name }) => name} />
          <p className="dim">
            {countOf(data.outboxEntries, 'entry', 'entries')} in the outbox, not handed over yet.
          </p>
        </>
      )}
    </Part>
  );
}
