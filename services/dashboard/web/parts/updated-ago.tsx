import { formatAgo } from '../format/times.ts';
import { useNow } from './use-now.ts';

/** How old what is shown is. Not announced: it changes all the time. */
export function UpdatedAgo({ atMs }: { readonly atMs: number }) {
  const nowMs = useNow();
  return <span className="updated">updated {formatAgo(nowMs - atMs)}</span>;
}
