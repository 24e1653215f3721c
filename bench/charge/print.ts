import { summarize } from '../harness/statistics.ts';
import { formatTable, thousands, whole } from '../harness/table.ts';
import type { Cell } from './cells.ts';
import type { ServerResult } from './charge-goals.ts';
import type { MemoryFigures } from './memory.ts';
import { CALLERS, WORKLOADS } from './plan.ts';

/** A table a workload: charges a second as median (least to most), and what got lost in all rounds together. */
export function formatServer({ appendOnly, cells }: ServerResult): string {
  return WORKLOADS.map(({ name }) => {
    const ofWorkload = cells.filter(({ workload }) => workload === name);
    const rows = [...Map.groupBy(ofWorkload, ({ contender }) => contender)].map(
      ([contender, own]) => [
        contender,
        ...CALLERS.map((callers) => rates(own.find((cell) => cell.callers === callers))),
        whole(sum(own, ({ lost }) => lost)),
        whole(sum(own, ({ retries }) => retries)),
      ],
    );
    const callers = CALLERS.map((count) => `${count} caller${count === 1 ? '' : 's'}`);
    return `\n  Append-only file: ${appendOnly}; ${name}; charges a second\n\n${formatTable(
      ['', ...callers, 'lost', 'retries'],
      rows,
    )}`;
  }).join('\n');
}

function rates(cell: Cell | undefined): string {
  if (!cell) return '-';
  const { median, min, max } = summarize(cell.perSecond);
  return `${whole(median)} (${thousands(min)}–${thousands(max)})`;
}

function sum(cells: readonly Cell[], of: (cell: Cell) => number): number {
  return cells.reduce((total, cell) => total + of(cell), 0);
}

export function formatMemory(memory: MemoryFigures): string {
  const rows = [
    ['account', whole(memory.perAccount)],
    ['receipt', whole(memory.perReceipt)],
    ['receipt beyond its id of 26 characters', whole(memory.perReceiptBeyondId)],
    ['outbox entry, until the relay has handed it on', whole(memory.perOutboxEntry)],
  ];
  const title = `Memory: ${whole(memory.accounts)} accounts, then ${whole(memory.charges)} charges one by one`;
  return `\n  ${title}\n\n${formatTable(['', 'bytes each'], rows)}`;
}
