import type { UseQueryResult } from '@tanstack/react-query';
import { type ReactNode, useId } from 'react';
import { Failure } from './failure.tsx';
import { Loading } from './loading.tsx';
import { UpdatedAgo } from './updated-ago.tsx';

interface PartProps<T> {
  readonly title: string;
  readonly query: UseQueryResult<T>;
  readonly children: (data: T) => ReactNode;
  /** Beside the title. */
  readonly actions?: ReactNode;
  /** Above the answer, whatever that is. */
  readonly notice?: ReactNode;
  readonly loadingLines?: number;
  /** Instead of the failure, where an answer is no failure here, such as 404 for what need not be there. */
  readonly onFailure?: (error: unknown) => ReactNode | undefined;
}

/** A section of a view that comes from one question: waiting, failed or answered by itself, whatever the others do. */
export function Part<T>({
  title,
  query,
  children,
  actions,
  notice,
  loadingLines,
  onFailure,
}: PartProps<T>) {
  const id = useId();
  return (
    <section className="part" aria-labelledby={id} aria-busy={query.isPlaceholderData}>
      <div className="part-head">
        <h2 id={id}>{title}</h2>
        {query.data !== undefined && !query.isPlaceholderData && (
          <UpdatedAgo atMs={query.dataUpdatedAt} />
        )}
        {actions && <div className="part-actions">{actions}</div>}
      </div>
      {notice}
      <Answer query={query} loadingLines={loadingLines ?? 3} onFailure={onFailure}>
        {children}
      </Answer>
    </section>
  );
}

function Answer<T>({
  query,
  children,
  loadingLines,
  onFailure,
}: {
  readonly query: UseQueryResult<T>;
  readonly children: (data: T) => ReactNode;
  readonly loadingLines: number;
  readonly onFailure?: ((error: unknown) => ReactNode | undefined) | undefined;
}) {
  const { data, error } = query;
  const instead = error ? onFailure?.(error) : undefined;
  if (instead !== undefined) return instead;
  return (
    <>
      {error && (
        <Failure error={error} retry={() => query.refetch()} isRetrying={query.isFetching}>
          {data !== undefined && 'What is shown is from before.'}
        </Failure>
      )}
      {data !== undefined && children(data)}
      {data === undefined && !error && <Loading lines={loadingLines} />}
    </>
  );
}
