import { setTimeout as delay } from 'node:timers/promises';
import { type Cloud, persistently } from './cloud.ts';
import { readCounters } from './reconcile.ts';

/** Keeps the sender and the poller at work in the background: the schedule of the stack would do it by the minute. */
export interface Sending {
  /** Starts them; harmless to repeat. */
  readonly start: () => void;
  readonly stop: () => Promise<void>;
  /** When the invoice API first accepted another one, as `performance.now()` of this process. */
  readonly firstAcceptedAt: () => number | undefined;
}

const PAUSE_MS = 500;

export function prepareSending(cloud: Cloud, invoiceApiUrl: string): Sending {
  const work = new AbortController();
  let loops: Promise<unknown> | undefined;
  let acceptedBefore: number | undefined;
  let firstAcceptedAt: number | undefined;
  const repeat = async (action: () => Promise<unknown>) => {
    while (!work.signal.aborted) {
      await persistently(action, 100);
      await delay(PAUSE_MS);
    }
  };
  const watch = async () => {
    const { accepted = 0 } = await readCounters(invoiceApiUrl);
    acceptedBefore ??= accepted;
    if (accepted > acceptedBefore) firstAcceptedAt ??= performance.now();
  };
  return {
    start() {
      loops ??= Promise.all([
        repeat(() => cloud.invoke('send-invoices', { untilIdle: true })),
        repeat(() => cloud.invoke('poll-invoices', { untilIdle: true })),
        repeat(watch),
      ]);
      // A failure is told by stop; until then it must not end the process.
      loops.catch(() => {});
    },
    async stop() {
      work.abort();
      await loops;
    },
    firstAcceptedAt: () => firstAcceptedAt,
  };
}
