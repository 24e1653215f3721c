import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Dialog } from './dialog.tsx';
import { Failure } from './failure.tsx';
import { Notice } from './notice.tsx';

export interface Confirmed<T> {
  readonly name: string;
  readonly title: string;
  /** What will happen. */
  readonly children: ReactNode;
  readonly act: () => Promise<T>;
  readonly report: (result: T) => string;
}

/** A button that says what it will do and asks before it does it; afterwards what came of it. */
export function Confirm<T>({
  isDisabled = false,
  ...confirmed
}: Confirmed<T> & { readonly isDisabled?: boolean }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button size="compact-sm" disabled={isDisabled} onClick={() => setOpen(true)}>
        {confirmed.name}
      </Button>
      <ConfirmDialog {...confirmed} isOpen={isOpen} onClose={() => setOpen(false)} />
    </>
  );
}

/** By itself for where the button goes away when it has done its work. */
export function ConfirmDialog<T>({
  name,
  title,
  children,
  act,
  report,
  isOpen,
  onClose,
}: Confirmed<T> & { readonly isOpen: boolean; readonly onClose: () => void }) {
  const queryClient = useQueryClient();
  const action = useMutation({
    mutationFn: act,
    onSettled: () => queryClient.invalidateQueries(),
  });
  const close = () => {
    onClose();
    action.reset();
  };
  return (
    <Dialog title={title} isOpen={isOpen} onClose={close}>
      <div aria-live="polite">
        {action.isSuccess ? <Notice tone="good">{report(action.data)}</Notice> : children}
        {action.error && <Failure error={action.error} />}
      </div>
      <div className="dialog-buttons">
        <Button variant="default" onClick={close}>
          {action.isSuccess ? 'Close' : 'Cancel'}
        </Button>
        {!action.isSuccess && (
          <Button data-autofocus loading={action.isPending} onClick={() => action.mutate()}>
            {name}
          </Button>
        )}
      </div>
    </Dialog>
  );
}
