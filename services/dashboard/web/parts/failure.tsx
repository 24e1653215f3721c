import type { ReactNode } from 'react';
import { ApiFailure, describeFailure } from '../api/failure.ts';
import { Notice } from './notice.tsx';
import { TryAgain } from './try-again.tsx';

/** What went wrong and what to do about it; with `retry`, a button that tries it again. */
export function Failure({
  error,
  retry,
  isRetrying = false,
  children,
}: {
  readonly error: unknown;
  readonly retry?: () => void;
  readonly isRetrying?: boolean;
  /** Behind what is said. */
  readonly children?: ReactNode;
}) {
  const { title, detail } = describeFailure(error);
  return (
    <Notice
      tone={error instanceof ApiFailure && error.isNotDeployed ? 'plain' : 'bad'}
      title={title}
      actions={retry && <TryAgain isRetrying={isRetrying} retry={retry} />}
    >
      {detail} {children}
    </Notice>
  );
}
