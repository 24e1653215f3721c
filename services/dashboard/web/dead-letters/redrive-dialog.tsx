import { redrive } from '../api/routes.ts';
import { countOf, formatCount } from '../format/amounts.ts';
import { Notice } from '../parts/notice.tsx';
import { RoundsDialog } from '../parts/rounds-dialog.tsx';
import { redriveRounds } from './redrive-rounds.ts';

const HIDDEN =
  'The rest was not to be had just now: somebody may be looking at it. Look again in some seconds.';

/** Sends about `count` letters back to the queue that they came from, after saying so. */
export function RedriveDialog({
  count,
  onClose,
}: {
  readonly count: number;
  readonly onClose: () => void;
}) {
  const letters = `about ${countOf(count, 'letter')}`;
  return (
    <RoundsDialog
      title="Send the dead letters back?"
      name={() => 'Redrive'}
      isReady
      rounds={() => redriveRounds(redrive, count)}
      countOf={(sent) => sent}
      expected={count}
      tell={(sent) => `${formatCount(sent)} of ${letters} sent back …`}
      report={(sent, { isStopped, hasFailed }) =>
        sent >= count ? (
          <Notice tone="good">
            {countOf(sent, 'letter')} sent back to the queue. What still fails comes back here.
          </Notice>
        ) : (
          <Notice tone="warn">
            {formatCount(sent)} of {letters} sent back to the queue.{' '}
            {isStopped && 'Stopped as asked; the rest is as it was.'}
            {!isStopped && !hasFailed && HIDDEN}
          </Notice>
        )
      }
      onClose={onClose}
    >
      <p>
        About {countOf(count, 'letter')}: each goes back to the queue it came from and is tried
        again from the start. That is harmless however often it is done: a batch counts once. What
        fails for the same reason will be here again in some minutes, so have the cause removed
        first.
      </p>
    </RoundsDialog>
  );
}
