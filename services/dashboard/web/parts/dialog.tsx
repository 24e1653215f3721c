import { Modal } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';

/** A dialog that keeps the focus, gives it back, and closes by Escape; not while it `isBusy`. */
export function Dialog({
  title,
  isOpen,
  isBusy = false,
  onClose,
  children,
}: {
  readonly title: string;
  readonly isOpen: boolean;
  readonly isBusy?: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  useEffect(() => {
    if (!isOpen) return;
    const opener = document.activeElement;
    return () => giveFocusBack(opener);
  }, [isOpen]);
  return (
    <Modal
      opened={isOpen}
      onClose={isBusy ? NOTHING : onClose}
      returnFocus={false}
      title={title}
      size="lg"
      transitionProps={{ duration: 0 }}
      closeButtonProps={{ 'aria-label': 'Close', disabled: isBusy }}
    >
      {children}
    </Modal>
  );
}

const NOTHING = () => {};

/** To the content of the page where what opened the dialog cannot be used any more. Mantine gives it back only where it saw the dialog open. */
function giveFocusBack(opener: Element | null): void {
  if (opener instanceof HTMLElement) opener.focus({ preventScroll: true });
  if (document.activeElement !== opener) document.getElementById('main')?.focus();
}
