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
  const isProving = start.isPending || (start.isSuccess && start.data === provenAt);
  return (
    <Part
      title="Conservation"
      query={query}
      loadingLines={5}
      onFailure={(error) => (isNotFound(error) ? <NotProven /> : undefined)}
      actions={
        <Button
          size="compact-sm"
          variant="default"
          loading={isProving}
          onClick={() => start.mutate()}
        >
          Prove now
        </Button>
      }
    >
      {(proof) => (
        <>
          <div aria-live="polite">
            <Answer proof={proof} />
            {start.error && <Failure error={start.error} />}
          </div>
          <Stages proof={proof} />
        </>
      )}
    </Part>
  );
}

function NotProven() {
  return (
    <p className="dim">Nothing was proven yet. The first proof comes within the hour, or now.</p>
  );
}

function Answer({ proof }: { readonly proof: ConservationProof }) {
  const nowMs = useNow();
  const {
    isConserved,
    differences,
    balances,
    entries,
    packages = 0,
    accounts,
    provenAt,
    first,
  } = proof;
  const wrong = [
    differences > 0 && countOf(differences, 'sum differs', 'sums differ'),
    balances > 0 && `${countOf(balances, 'balance')} not what the journal says`,
    packages > 0 && `${countOf(packages, 'amount')} not carried over or corrected exactly once`,
    entries > 0 && `${countOf(entries, 'statement')} not what the ledger says`,
  ].filter((part) => part !== false);
  return (
    <Notice
      tone={isConserved ? 'good' : 'bad'}
      title={
        isConserved
          ? 'Conserved: every stage holds the same sums.'
          : `Not conserved: ${wrong.join('; ') || 'the stages differ'}.`
      }
    >
      {isConserved && `Every balance of ${countOf(accounts, 'account')} is what its journal says. `}
      Proven {formatAgo(nowMs - Date.parse(provenAt))}, at <Time at={provenAt} />.
      {first.length > 0 && (
        <ul className="plain-list">
          {first.map((difference) => (
            <li key={difference}>
              <code>{difference}</code>
            </li>
          ))}
        </ul>
      )}
    </Notice>
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
