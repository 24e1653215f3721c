import { formatTime } from '../format/times.ts';
import { useNow } from './use-now.ts';

/** A time of the API as the clock on the wall shows it; in UTC where one points at it. */
export function Time({ at }: { readonly at: string }) {
  const nowMs = useNow();
  return (
    <time dateTime={at} title={`${at} (UTC)`}>
      {formatTime(Date.parse(at), nowMs)}
    </time>
  );
}
