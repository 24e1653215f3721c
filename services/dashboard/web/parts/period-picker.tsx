import { NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { periods } from '../api/routes.ts';
import { formatPeriod } from '../format/times.ts';
import { TryAgain } from './try-again.tsx';

/** The half months that there are; `any` as long as none is chosen. */
export function PeriodPicker({
  value,
  onChange,
  any,
}: {
  readonly value: string | undefined;
  readonly onChange: (period: string | undefined) => void;
  readonly any: string;
}) {
  const query = useQuery(periods());
  const known = query.data?.periods ?? [];
  const all = value === undefined || known.includes(value) ? known : [value, ...known];
  const select = (
    <NativeSelect
      label="Half month"
      size="xs"
      value={value ?? ''}
      error={query.isError && query.data === undefined && 'The others could not be had.'}
      onChange={(event) => onChange(event.currentTarget.value || undefined)}
      data={[
        { value: '', label: any },
        ...all.map((period) => ({ value: period, label: formatPeriod(period) })),
      ]}
    />
  );
  if (!query.isError || query.data !== undefined) return select;
  return (
    <div className="bar">
      {select}
      <TryAgain isRetrying={query.isFetching} retry={() => query.refetch()} />
    </div>
  );
}
