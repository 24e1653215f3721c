import { Button, NativeSelect, TextInput } from '@mantine/core';
import { type FormEvent, useEffect, useState } from 'react';
import { INVOICE_STATES } from '#shared/domain/invoice.ts';
import { ALL_INVOICE_REASONS, invoiceReason } from '../format/reasons.ts';
import { STATE_NAMES } from '../format/states.ts';
import { PeriodPicker } from '../parts/period-picker.tsx';
import { canSortByClient, type ListState } from './list-state.ts';

const AGES = [
  { value: '', label: 'Any age' },
  { value: '3600', label: 'Over 1 hour' },
  { value: '21600', label: 'Over 6 hours' },
  { value: '86400', label: 'Over 1 day' },
  { value: '259200', label: 'Over 3 days' },
  { value: '604800', label: 'Over 7 days' },
];

const SORTS = [
  { value: 'oldest', label: 'Oldest first' },
  { value: 'newest', label: 'Newest first' },
  { value: 'client', label: 'By client (of a half month)' },
];

export function Filters({
  state,
  change,
}: {
  readonly state: ListState;
  readonly change: (change: Partial<ListState>) => void;
}) {
  const { states, period, reason, olderThanSeconds, sort } = state;
  const toggle = (name: string) =>
    change({
      states: states.includes(name) ? states.filter((one) => one !== name) : [...states, name],
    });
  return (
    <search>
      <fieldset className="toggles">
        <legend>States</legend>
        {INVOICE_STATES.map((name) => (
          <button
            key={name}
            type="button"
            className="toggle"
            aria-pressed={states.includes(name)}
            onClick={() => toggle(name)}
          >
            {STATE_NAMES[name]}
          </button>
        ))}
      </fieldset>
      <div className="filters">
        <ClientField client={state.client} change={(client) => change({ client })} />
        <PeriodPicker
          any="Any"
          value={period || undefined}
          onChange={(chosen) => change({ period: chosen ?? '' })}
        />
        <NativeSelect
          label="Reason"
          size="xs"
          value={reason}
          onChange={(event) => change({ reason: event.currentTarget.value })}
          data={[
            { value: '', label: 'Any' },
            ...withChosen(ALL_INVOICE_REASONS, reason).map((code) => ({
              value: code,
              label: invoiceReason(code).title,
            })),
          ]}
        />
        <NativeSelect
          label="Age"
          size="xs"
          value={olderThanSeconds}
          onChange={(event) => change({ olderThanSeconds: event.currentTarget.value })}
          data={
            AGES.some(({ value }) => value === olderThanSeconds)
              ? AGES
              : [...AGES, { value: olderThanSeconds, label: `Over ${olderThanSeconds} s` }]
          }
        />
        <NativeSelect
          label="Order"
          size="xs"
          value={sort}
          onChange={(event) => change({ sort: event.currentTarget.value })}
          data={SORTS.map((one) => ({
            ...one,
            disabled: one.value === 'client' && !canSortByClient(state),
          }))}
        />
        <Button
          size="xs"
          variant="default"
          onClick={() =>
            change({ states: [], client: '', period: '', reason: '', olderThanSeconds: '' })
          }
        >
          Clear filters
        </Button>
      </div>
    </search>
  );
}

function withChosen(all: readonly string[], chosen: string): readonly string[] {
  return chosen === '' || all.includes(chosen) ? all : [...all, chosen];
}

/** Takes effect by Enter or when it is left: not every letter is a question to the API. */
function ClientField({
  client,
  change,
}: {
  readonly client: string;
  readonly change: (client: string) => void;
}) {
  const [text, setText] = useState(client);
  useEffect(() => setText(client), [client]);
  const apply = () => text.trim() !== client && change(text.trim());
  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        apply();
      }}
    >
      <TextInput
        label="Client"
        size="xs"
        placeholder="The whole name"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onBlur={apply}
      />
    </form>
  );
}
