import type { Clock } from '../clock.ts';
import type { SendBudget } from '../send-budget.ts';
import { CLOSED } from './invoicing-tools.ts';

interface Faults {
  /** Whether a permit is refused, as by the rate or the deadline. */
  readonly isRefused?: () => boolean;
  /** How long the answer to a permit is waited for. */
  readonly lastsMs?: number;
}

const FAILURES = 3;
const OPEN_MS = 5_000;

/** The budget in memory: its fence, its breaker and its blocks as those of the scripts, without any rate. */
export function memoryBudget(clock: Clock, { isRefused = () => false, lastsMs = 10_000 }: Faults) {
  const newest = new Map<string, bigint>();
  const underWay = new Map<string, number>();
  let failures = 0;
  let closedFromMs = 0;
  let isProbing = false;

  const budget: SendBudget = {
    async take({ invoice, version, byMs }) {
      for (;;) {
        const nowMs = clock.elapsedMs();
        if (nowMs >= byMs) return { granted: false, retryInMs: 0 };
        if ((newest.get(invoice) ?? 0n) > version) {
          return { granted: false, retryInMs: 0, isLeaseLost: true };
        }
        if ((underWay.get(invoice) ?? 0) > nowMs) {
          await clock.sleep(200);
          continue;
        }
        if (closedFromMs > nowMs) return { granted: false, retryInMs: closedFromMs - nowMs };
        if (isRefused()) return { granted: false, retryInMs: 700 };
        if (failures >= FAILURES) {
          isProbing = true;
          closedFromMs = nowMs + lastsMs;
        }
        newest.set(invoice, version);
        underWay.set(invoice, nowMs + lastsMs);
        return { granted: true, id: invoice, invoice, forUs: 0, forMs: nowMs };
      }
    },
    sent: () => {},
    async giveBack({ invoice }) {
      underWay.delete(invoice);
      if (isProbing) closedFromMs = 0;
    },
    async report({ invoice }, { answer }) {
      underWay.delete(invoice);
      const hasFailed = answer.type === 'no_answer' || answer.type === 'denied';
      failures = hasFailed ? failures + 1 : 0;
      isProbing = false;
      closedFromMs = failures >= FAILURES ? clock.elapsedMs() + OPEN_MS : 0;
      return undefined;
    },
    async outlook() {
      const waitMs = Math.max(closedFromMs - clock.elapsedMs(), 0);
      return { waitMs, isProbe: failures >= FAILURES };
    },
    status: async () => CLOSED,
    resume: async () => CLOSED,
  };
  return budget;
}
