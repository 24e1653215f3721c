import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Account as AccountAnswer } from '#shared/contracts/accounts.ts';
import { ApiFailure } from '../api/failure.ts';
import { account } from '../api/routes.ts';
import { Amount } from '../parts/amount.tsx';
import { Figure } from '../parts/figure.tsx';
import { Notice } from '../parts/notice.tsx';
import { Part } from '../parts/part.tsx';

/** For the `onFailure` of a part: that a client pays afterwards, and so has no account, is nothing wrong. */
export function withoutAccount(instead: ReactNode) {
  return (error: unknown) =>
    error instanceof ApiFailure && error.code === 'unknown_account' ? instead : undefined;
}

export function Account({ client }: { readonly client: string }) {
  const query = useQuery(account(client));
  return (
    <Part
      title="Account"
      query={query}
      onFailure={withoutAccount(
        <p className="dim">
          No prepaid account: this client pays afterwards, or is not known. Its usage and its
          invoices are below.
        </p>,
      )}
    >
      {(found) => <Balances account={found} />}
    </Part>
  );
}

const STATUS: Readonly<Record<AccountAnswer['status'], string | undefined>> = {
  open: undefined,
  frozen: 'Frozen: nothing new is charged or held.',
  closed: 'Closed: nothing changes any more.',
};

function Balances({ account: found }: { readonly account: AccountAnswer }) {
  const { currency, balance, available, held, creditLimit, status } = found;
  const figures = [
    ['Balance', balance],
    ['Available', available],
    ['Held', held],
    ...(/^0(\.0+)?$/.test(creditLimit) ? [] : [['Credit limit', creditLimit]]),
  ] as const;
  return (
    <>
      {STATUS[status] && <Notice tone="warn">{STATUS[status]}</Notice>}
      <dl className="figures">
        {figures.map(([name = '', amount = '']) => (
          <Figure key={name} name={name} className="figure-inline">
            <Amount amount={amount} currency={currency} />
          </Figure>
        ))}
        <Figure name="Status" className={status === 'open' ? 'good' : ''}>
          {status}
        </Figure>
      </dl>
    </>
  );
}
