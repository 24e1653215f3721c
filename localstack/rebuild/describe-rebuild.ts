import { columns } from '#localstack/latency/table.ts';
import { count } from '#localstack/run/progress.ts';
import type { RebuildAnswer } from '#shared/contracts/rebuild.ts';

/** What became of the shards, for a person. */
export function describeRebuild(answers: readonly RebuildAnswer[]): string[] {
  const sum = (pick: (answer: RebuildAnswer) => number) =>
    answers.reduce((total, answer) => total + pick(answer), 0);
  const differing = sum((answer) => answer.differing);
  return [
    ...columns([
      ['', 'in the ledger', 'restored'],
      ['events', count(sum(({ ledger }) => ledger.events)), ''],
      [
        'accounts',
        count(sum(({ ledger }) => ledger.accounts)),
        count(sum(({ restored }) => restored.accounts)),
      ],
      [
        'active holds',
        count(sum(({ ledger }) => ledger.holds)),
        count(sum(({ restored }) => restored.holds)),
      ],
      ['receipts', '', count(sum(({ restored }) => restored.receipts))],
    ]),
    '',
    describeOutcomes(answers),
    differing === 0 ? 'No differences.' : `${count(differing)} accounts differ:`,
    ...answers.flatMap(describeDifferences),
    ...describeOnTheirWay(answers, differing),
  ];
}

function describeOutcomes(answers: readonly RebuildAnswer[]): string {
  const shards = (outcome: RebuildAnswer['outcome'], words: string) => {
    const found = answers.filter((answer) => answer.outcome === outcome).length;
    return found === 0 ? [] : [`${count(found)} ${words}`];
  };
  const parts = [
    ...shards('rebuilt', 'rebuilt'),
    ...shards('incomplete', 'rebuilt but for accounts of which events are missing'),
    ...shards('compared', 'complete already and compared'),
  ];
  return `Shards: ${parts.join(', ')}.`;
}

const PROBLEMS: Record<RebuildAnswer['differences'][number]['problem'], string> = {
  events_missing: 'events are missing in the ledger',
  not_in_store: 'not in the store',
  account_differs: 'the account differs',
  holds_differ: 'its holds differ',
};

function describeDifferences({ shard, differing, differences }: RebuildAnswer): string[] {
  const side = (name: string, of: RebuildAnswer['differences'][number]['store']) =>
    of
      ? `; ${name} ${of.balance} ${of.currency}, held ${of.held} in ${of.holds}, limit ${of.creditLimit}, ${of.status}`
      : '';
  const lines = differences.map(
    ({ client, problem, ledger, store }) =>
      `  shard ${shard}, ${client}: ${PROBLEMS[problem]}${side('ledger', ledger)}${side('store', store)}`,
  );
  const more = differing - differences.length;
  return more > 0 ? [...lines, `  shard ${shard}: and ${count(more)} more`] : lines;
}

function describeOnTheirWay(answers: readonly RebuildAnswer[], differing: number): string[] {
  const entries = answers.reduce((sum, { onTheirWay }) => sum + onTheirWay.outboxEntries, 0);
  const batches = Math.max(...answers.map(({ onTheirWay }) => onTheirWay.queuedBatches));
  const dead = Math.max(...answers.map(({ onTheirWay }) => onTheirWay.deadLetters));
  if (differing === 0 || entries + batches + dead === 0) return [];
  return [
    `On their way to the ledger were ${count(entries)} entries of the outbox, ${count(batches)} batches and ${count(dead)} dead letters.`,
    'What they change shows as a difference until they are there: ask again.',
  ];
}
