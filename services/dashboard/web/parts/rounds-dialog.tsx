import { Button, Progress } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useRef, useState } from 'react';
import { Dialog } from './dialog.tsx';
import { Failure } from './failure.tsx';
import type { Rounds } from './rounds.ts';
import { useFocusWhen } from './use-focus-when.ts';

/**
 * Says what will happen, does it round by round with how far it is, and can be stopped between two rounds. What failed can be
 * gone on with.
 */
export function RoundsDialog<T>({
  title,
  name,
  isReady,
  rounds,
  countOf,
  expected,
  tell,
  report,
  onClose,
  children,
}: {
  readonly title: string;
  /** Of the button that begins, or goes on with so many that are left. */
  readonly name: (left: number) => string;
  readonly isReady: boolean;
  readonly rounds: () => Rounds<T>;
  readonly countOf: (done: T) => number;
  readonly expected: number;
  /** In a sentence, how far it is. */
  readonly tell: (count: number) => string;
  readonly report: (done: T, how: { isStopped: boolean; hasFailed: boolean }) => ReactNode;
  readonly onClose: (hasRun: boolean) => void;
  /** What will happen. */
  readonly children: ReactNode;
}) {
  const queryClient = useQueryClient();
  const [work] = useState(rounds);
  const [done, setDone] = useState<T>();
  const wantsToStop = useRef(false);
  const run = useMutation({
    mutationFn: async () => {
      wantsToStop.current = false;
      while (!work.isDone() && !wantsToStop.current) setDone(await work.next());
    },
    onSettled: () => queryClient.invalidateQueries(),
  });
  const leave = useFocusWhen<HTMLButtonElement>(run.isPending);
  const stop = () => {
    wantsToStop.current = true;
  };
  const how = { isStopped: wantsToStop.current && !work.isDone(), hasFailed: run.isError };
  const count = done === undefined ? 0 : countOf(done);
  return (
    <Dialog title={title} isOpen isBusy={run.isPending} onClose={() => onClose(!run.isIdle)}>
      <div aria-live="polite">
        {run.isPending && <Running count={count} expected={expected} tell={tell} />}
        {!run.isPending && (done === undefined ? children : report(done, how))}
        {run.error && <Failure error={run.error} />}
      </div>
      <div className="dialog-buttons">
        <Button
          ref={leave}
          variant="default"
          data-autofocus
          onClick={run.isPending ? stop : () => onClose(!run.isIdle)}
        >
          {run.isPending ? 'Stop after this round' : run.isSuccess ? 'Close' : 'Cancel'}
        </Button>
        {!run.isSuccess && (
          <Button loading={run.isPending} disabled={!isReady} onClick={() => run.mutate()}>
            {name(Math.max(expected - count, 0))}
          </Button>
        )}
      </div>
    </Dialog>
  );
}

function Running({
  count,
  expected,
  tell,
}: {
  readonly count: number;
  readonly expected: number;
  readonly tell: (count: number) => string;
}) {
  return (
    <>
      <p>{tell(count)}</p>
      <Progress value={(100 * count) / Math.max(expected, 1)} aria-label="Done so far" />
    </>
  );
}
