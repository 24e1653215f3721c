import { Skeleton, VisuallyHidden } from '@mantine/core';

/** Stands where something will be, in about its height. */
export function Loading({ lines = 3 }: { readonly lines?: number }) {
  return (
    <div className="loading">
      <VisuallyHidden role="status">Loading …</VisuallyHidden>
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: all alike, and never moved.
        <Skeleton key={line} height={14} width={line % 3 === 2 ? '60%' : '100%'} radius="sm" />
      ))}
    </div>
  );
}
