import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Dialog } from './dialog.tsx';
import { Failure } from './failure.tsx';
import { Notice } from './notice.tsx';
import { useFocusWhen } from './use-focus-when.ts';

/** Says what will happen and asks before it does it; afterwards what came of it. */
export function ConfirmDialog<T>({
  name,
  title,
  children,
  act,
  report,
  isOpen,
  onClose,
}: {
  /** Of the button that does it. */
  readonly name: string;
  readonly title: string;
  /** What will happen. */
  readonly children: ReactNode;
  readonly act: () => Promise<T>;
  readonly report: (result: T) => string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}) {
  const queryClient = useQueryClient();
  const action = useMutation({
    mutationFn: act,
    onSettled: () => queryClient.invalidateQueries(),
  });
  const close = () => {
    onClose();
    action.reset();
  };
  const text = useFocusWhen<HTMLDivElement>(action.isPending);
  const again = useFocusWhen<HTMLButtonElement>(action.isError);
  const leave = useFocusWhen<HTMLButtonElement>(action.isSuccess);
  return (
    <Dialog title={title} isOpen={isOpen} isBusy={action.isPending} onClose={close}>
      <div aria-live="polite" ref={text} tabIndex={-1}>
        {action.isSuccess ? <Notice tone="good">{report(action.data)}</Notice> : children}
        {action.error && <Failure error={action.error} />}
      </div>
      <div className="dialog-buttons">
        <Button ref={leave} variant="default" disabled={action.isPending} onClick={close}>
          {action.isSuccess ? 'Close' : 'Cancel'}
        </Button>
        {!action.isSuccess && (
          <Button
            ref={again}
            data-autofocus
            loading={action.isPending}
            onClick={() => action.mutate()}
          >
            {name}
          </Button>
        )}
      </div>
    </Dialog>
  );
}
