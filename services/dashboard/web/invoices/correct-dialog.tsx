import { Button, Checkbox, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useLocation } from 'wouter';
import type { Invoice } from '#shared/contracts/invoices.ts';
import { mayBePending } from '#shared/domain/invoice.ts';
import { correctInvoice } from '../api/routes.ts';
import { formatAmount } from '../format/amounts.ts';
import { focusNextTitle } from '../frame/page-title.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Failure } from '../parts/failure.tsx';
import { useFocusWhen } from '../parts/use-focus-when.ts';
import { amountError, correctedTotal, type DraftLine } from './corrected-total.ts';
import { dueOf, isZero } from './due-amount.ts';

const MAX_LINES = 20;

/** Puts another revision in the place of a parked invoice. */
export function CorrectDialog({
  invoice,
  onClose,
}: {
  readonly invoice: Invoice;
  readonly onClose: () => void;
}) {
  const [, navigate] = useLocation();
  const queryClient = useQueryClient();
  const [reason, setReason] = useState('');
  const [lines, setLines] = useState<readonly Numbered[]>([numbered(1)]);
  const [isNotTaken, setNotTaken] = useState(false);
  const [isChecked, setChecked] = useState(false);
  const mayBeTaken = mayBePending(invoice.reason, invoice.history);
  const correction = useMutation({
    mutationFn: () =>
      correctInvoice(invoice.id, {
        reason: reason.trim(),
        ...(mayBeTaken && { isNotTaken }),
        lines: lines.map(({ description, amount }) => ({
          description: description.trim(),
          amount: amount.trim(),
        })),
      }),
    onSuccess: (revision) => {
      // Not waited for: the new revision is asked for anyway.
      void queryClient.invalidateQueries();
      focusNextTitle();
      navigate(`/invoices/${encodeURIComponent(revision.id)}`);
    },
  });
  const isWhole =
    (isNotTaken || !mayBeTaken) &&
    reason.trim() !== '' &&
    lines.every(
      ({ description, amount }) => description.trim() !== '' && amountError(amount) === undefined,
    );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setChecked(true);
    if (isWhole) correction.mutate();
  };
  const total = correctedTotal(invoice.total, lines);
  const due = isZero(invoice.paid) ? undefined : dueOf(total, invoice.paid);
  const text = useFocusWhen<HTMLParagraphElement>(correction.isPending);
  const again = useFocusWhen<HTMLButtonElement>(correction.isError);
  return (
    <Dialog
      title={`Correct ${invoice.id}`}
      isOpen
      // Closed, it would still lead to the new revision.
      isBusy={correction.isPending}
      onClose={onClose}
    >
      <form onSubmit={submit} noValidate>
        <p>
          A correction makes a new revision, with the lines of this invoice and those below, and
          sends it. This invoice is superseded: it keeps its lines and its history, leads to the new
          one, and is never sent again.
        </p>
        <Textarea
          label="Why"
          description="For those who read it later."
          required
          maxLength={300}
          data-autofocus
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          error={isChecked && reason.trim() === '' ? 'Say why.' : undefined}
        />
        {mayBeTaken && (
          <Checkbox
            label="The invoice API does not have this invoice, and will not take it any more"
            description="Make sure with its owner: it was sent, and else both would be billed. A retry looks it up."
            checked={isNotTaken}
            onChange={(event) => setNotTaken(event.currentTarget.checked)}
            error={isChecked && !isNotTaken ? 'Make sure first, or retry instead.' : undefined}
          />
        )}
        {lines.map((line, index) => (
          <LineFields
            key={line.number}
            name={`line ${index + 1}`}
            line={line}
            isChecked={isChecked}
            change={(changed) => setLines(lines.with(index, { ...changed, number: line.number }))}
            remove={() => setLines(lines.toSpliced(index, 1))}
          />
        ))}
        <div className="bar">
          <Button
            size="compact-sm"
            variant="default"
            disabled={lines.length >= MAX_LINES}
            onClick={() => setLines([...lines, numbered((lines.at(-1)?.number ?? 0) + 1)])}
          >
            Add a line
          </Button>
        </div>
        <p aria-live="polite" ref={text} tabIndex={-1}>
          Total now {formatAmount(invoice.total)} {invoice.currency}; corrected{' '}
          <strong>
            {total === undefined ? '–' : `${formatAmount(total)} ${invoice.currency}`}
          </strong>
          {due !== undefined && `, of which ${formatAmount(due)} ${invoice.currency} are due`}
        </p>
        {correction.error && (
          <div aria-live="assertive">
            <Failure error={correction.error} />
          </div>
        )}
        <div className="dialog-buttons">
          <Button variant="default" disabled={correction.isPending} onClick={onClose}>
            Cancel
          </Button>
          <Button ref={again} type="submit" loading={correction.isPending}>
            Make the new revision
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

type Numbered = DraftLine & { readonly number: number };

const numbered = (number: number): Numbered => ({ number, description: '', amount: '' });

function LineFields({
  name,
  line,
  isChecked,
  change,
  remove,
}: {
  readonly name: string;
  readonly line: DraftLine;
  readonly isChecked: boolean;
  readonly change: (line: DraftLine) => void;
  readonly remove: () => void;
}) {
  const { description, amount } = line;
  return (
    <div className="correction-line">
      <TextInput
        label="Description"
        aria-label={`Description of ${name}`}
        maxLength={200}
        value={description}
        onChange={(event) => change({ ...line, description: event.currentTarget.value })}
        error={isChecked && description.trim() === '' ? 'Say what for.' : undefined}
      />
      <TextInput
        label="Amount"
        aria-label={`Amount of ${name}`}
        placeholder="-4.50"
        inputMode="decimal"
        value={amount}
        onChange={(event) => change({ ...line, amount: event.currentTarget.value })}
        error={isChecked ? amountError(amount) : undefined}
      />
      <Button variant="default" onClick={remove} aria-label={`Remove ${name}`}>
        Remove
      </Button>
    </div>
  );
}
