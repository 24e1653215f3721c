import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { ConservationProof } from '#shared/contracts/proof.ts';
import { isNotFound } from '../api/failure.ts';
import { conservation, proveNow } from '../api/routes.ts';
import { countOf, formatAmount, formatCount } from '../format/amounts.ts';
import { formatAgo } from '../format/times.ts';
import { Failure } from '../parts/failure.tsx';
import { Notice } from '../parts/notice.tsx';
import { Part } from '../parts/part.tsx';
import { Table } from '../parts/table.tsx';
import { Time } from '../parts/time.tsx';
import { useNow } from '../parts/use-now.ts';

/** Whether every stage holds the same sums: the last proof, and a way to have another. */
export function Conservation() {
  const queryClient = useQueryClient();
  const query = useQuery(conservation());
  const provenAt = query.data?.provenAt;
  const start = useMutation({
    mutationFn: async () => {
      await proveNow();
      return provenAt;
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: conservation().queryKey }),
  });
  const isAwaited = start.isSuccess && start.data === provenAt;
  return (
    <Part
      title="Conservation"
      query={query}
      loadingLines={5}
      onFailure={(error) => (isNotFound(error) ? <NotProven /> : undefined)}
      actions={
        <ProveNow
          isStarting={start.isPending}
          startedMs={isAwaited ? start.submittedAt : undefined}
          start={() => start.mutate()}
        />
      }
      notice={<div aria-live="polite">{start.error && <Failure error={start.error} />}</div>}
    >
      {(proof) => (
        <>
          <div aria-live="polite">
            <Answer proof={proof} />
          </div>
          <When proof={proof} />
          {proof.stages.length > 0 && <Stages proof={proof} />}
        </>
      )}
    </Part>
  );
}

/** A proof that has not come by then was killed: one takes 10 minutes at most. */
const PROOF_MS = 660_000;

function ProveNow({
  isStarting,
  startedMs,
  start,
}: {
  readonly isStarting: boolean;
  /** Of a proof that is awaited. */
  readonly startedMs: number | undefined;
  readonly start: () => void;
}) {
  const nowMs = useNow();
  const isAwaited = startedMs !== undefined && nowMs - startedMs < PROOF_MS;
  return (
    <Button size="compact-sm" variant="default" loading={isStarting || isAwaited} onClick={start}>
      Prove now
    </Button>
  );
}

function NotProven() {
  return (
    <p className="dim">Nothing was proven yet. The first proof comes within the hour, or now.</p>
  );
}

function Answer({ proof }: { readonly proof: ConservationProof }) {
  const { isConserved, stages, accounts, first } = proof;
  if (stages.length === 0) {
    return (
      <Notice tone="warn" title="The last proof did not come to its end.">
        Nothing is proven by it: what stopped it may be what it looks for.
        <First first={first} />
      </Notice>
    );
  }
  return (
    <Notice
      tone={isConserved ? 'good' : 'bad'}
      title={
        isConserved
          ? 'Conserved: every stage holds the same sums.'
          : `Not conserved: ${wrongOf(proof).join('; ') || 'the stages differ'}.`
      }
    >
      {isConserved && `Every balance of ${countOf(accounts, 'account')} is what its journal says.`}
      <First first={first} />
    </Notice>
  );
}

function wrongOf(proof: ConservationProof): string[] {
  const { differences, balances, entries, trees = 0, packages = 0 } = proof;
  return [
    differences > 0 && countOf(differences, 'sum differs', 'sums differ'),
    balances > 0 && `${countOf(balances, 'balance')} not what the journal says`,
    packages > 0 && `${countOf(packages, 'amount')} not carried over or corrected exactly once`,
    entries > 0 && `${countOf(entries, 'statement')} not what the ledger says`,
    trees > 0 && `${countOf(trees, 'tree or fold', 'trees or folds')} not what the deltas imply`,
  ].filter((part) => part !== false);
}

function First({ first }: Pick<ConservationProof, 'first'>) {
  if (first.length === 0) return null;
  return (
    <ul className="plain-list">
      {first.map((difference) => (
        <li key={difference}>
          <code>{difference}</code>
        </li>
      ))}
    </ul>
  );
}

/** Not announced: it changes all the time. */
function When({ proof: { stages, provenAt } }: { readonly proof: ConservationProof }) {
  const nowMs = useNow();
  return (
    <p className="dim">
      {stages.length > 0 ? 'Proven' : 'Tried'} {formatAgo(nowMs - Date.parse(provenAt))}, at{' '}
      <Time at={provenAt} />.
    </p>
  );
}

/** Stages side by side, a row for the events and one for each currency. */
function Stages({ proof: { stages } }: { readonly proof: ConservationProof }) {
  const currencies = [...new Set(stages.flatMap(({ amounts }) => Object.keys(amounts)))].sort();
  const rows = [
    { name: 'Events', of: (stage: Stage) => formatCount(stage.events) },
    ...currencies.map((currency) => ({
      name: currency,
      of: (stage: Stage) => formatAmount(stage.amounts[currency] ?? '0.00'),
    })),
  ];
  return (
    <Table
      caption="Sums of each stage"
      rows={rows}
      keyOf={({ name }) => name}
      columns={[
        { name: 'Sum', isHead: true, cell: ({ name }) => name },
        ...stages.map((stage) => ({
          name: stage.name,
          isNumber: true,
          cell: ({ of }: (typeof rows)[number]) => of(stage),
        })),
      ]}
    />
  );
}

type Stage = ConservationProof['stages'][number];
