import { NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { periods } from '../api/routes.ts';
import { formatPeriod } from '../format/times.ts';

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
  const known = useQuery(periods()).data?.periods ?? [];
  const all = value === undefined || known.includes(value) ? known : [value, ...known];
  return (
    <NativeSelect
      label="Half month"
      size="xs"
      value={value ?? ''}
      onChange={(event) => onChange(event.currentTarget.value || undefined)}
      data={[
        { value: '', label: any },
        ...all.map((period) => ({ value: period, label: formatPeriod(period) })),
      ]}
    />
  );
}
