import { seededRandom } from '#localstack/traffic/random.ts';
import type { InvoiceProgress, SendingPace } from '#shared/domain/forecast.ts';

/** How a run of sending goes, in a time of its own. */
export interface World {
  readonly invoices: number;
  readonly ratePerSecond: number;
  /** Requests at once, of the sender and of the poller each. */
  readonly concurrency: number;
  readonly latencyMs: { readonly min: number; readonly max: number };
  readonly pollDelayMs: number;
  readonly decisionMs: { readonly min: number; readonly max: number };
  /** Shares of submissions. */
  readonly lost: number;
  readonly parked: number;
  /** Of those that were taken. */
  readonly forgotten?: number;
  /** What is lost ends so much later than an answer would come. */
  readonly timeoutMs?: number;
  /** Nothing is sent in between, as by Retry-After; all know it once it has begun. */
  readonly blocked?: { readonly fromMs: number; readonly forMs: number };
  /** Nobody asks before. */
  readonly pollerFromMs?: number;
  /** The rate grows to its full height during that time. */
  readonly rampMs?: number;
  /** In each such time, for so long, only this share of the rate is sent. */
  readonly slumps?: { readonly eachMs: number; readonly forMs: number; readonly share: number };
  readonly seed: number;
}

interface Invoice {
  state: InvoiceProgress['state'];
  calls: number;
  begunAtMs?: number;
  dueAtMs: number;
  updatedAtMs: number;
  decidedAtMs: number;
  polls: number;
  isForgotten: boolean;
  isUnderWay: boolean;
}

export interface Moment {
  readonly nowMs: number;
  readonly invoices: readonly InvoiceProgress[];
  readonly pace: Omit<SendingPace, 'isShared'>;
}

const STEP_MS = 20;
const LOOK_MS = 2_000;
const WINDOW_MS = 10_000;
const LEASE_MS = 30_000;

/** Sends everything by a sender and a poller that share a rate, and yields how it stands each two seconds; at last the end. */
export function* runWorld(world: World): Generator<Moment> {
  const random = seededRandom(world.seed);
  const within = ({ min, max }: { min: number; max: number }) => min + random() * (max - min);
  const invoices = Array.from(
    { length: world.invoices },
    (): Invoice => ({
      ...{ state: 'packaged', calls: 0, dueAtMs: 0, updatedAtMs: 0 },
      ...{ decidedAtMs: 0, polls: 0, isForgotten: false, isUnderWay: false },
    }),
  );
  const underWay: { readonly endsAtMs: number; readonly end: () => void; readonly by: number }[] =
    [];
  const busy = [0, 0];
  let sent: number[] = [];
  let tokens = 0;
  let turn = 0;

  function finish(invoice: Invoice, begunAtMs: number, nowMs: number, isLost: boolean): void {
    invoice.calls += 1;
    if (invoice.state === 'submitted') invoice.polls += 1;
    invoice.begunAtMs ??= begunAtMs;
    invoice.isUnderWay = false;
    invoice.updatedAtMs = nowMs;
    const backoffMs = (polls: number) =>
      Math.min(world.pollDelayMs * 2 ** polls, 300_000) * (0.5 + random() / 2);
    if (invoice.state === 'packaged') {
      if (isLost) {
        Object.assign(invoice, { state: 'unknown', dueAtMs: nowMs + 1_000 + random() * 1_000 });
      } else if (random() < world.parked) {
        Object.assign(invoice, { state: 'parked', dueAtMs: nowMs });
      } else {
        invoice.decidedAtMs = nowMs + within(world.decisionMs);
        invoice.polls = 0;
        invoice.isForgotten = random() < (world.forgotten ?? 0);
        Object.assign(invoice, { state: 'submitted', dueAtMs: nowMs + backoffMs(0) });
      }
    } else if (invoice.state === 'unknown') {
      Object.assign(invoice, { state: 'packaged', dueAtMs: nowMs + 1_000 + random() * 1_000 });
    } else if (invoice.isForgotten) {
      Object.assign(invoice, { state: 'unknown', dueAtMs: nowMs });
    } else if (nowMs >= invoice.decidedAtMs) {
      Object.assign(invoice, { state: 'accepted', dueAtMs: nowMs });
    } else {
      invoice.dueAtMs = nowMs + backoffMs(invoice.polls);
    }
  }

  const fresh = invoices.toReversed();
  /** And not at rest, or only just. */
  let begun: Invoice[] = [];
  let lookAtMs = 0;
  for (let nowMs = 0; ; nowMs += STEP_MS) {
    for (let index = underWay.length - 1; index >= 0; index--) {
      const call = underWay[index];
      if (!call || call.endsAtMs > nowMs) continue;
      busy[call.by] = (busy[call.by] ?? 0) - 1;
      underWay.splice(index, 1);
      call.end();
    }
    const isBlocked =
      world.blocked !== undefined &&
      nowMs >= world.blocked.fromMs &&
      nowMs < world.blocked.fromMs + world.blocked.forMs;
    const ratePerSecond =
      world.ratePerSecond * Math.min(1, Math.max(0.05, world.rampMs ? nowMs / world.rampMs : 1));
    const { eachMs = 1, forMs = 0, share = 1 } = world.slumps ?? {};
    const sentPerSecond = ratePerSecond * (nowMs % eachMs < forMs ? share : 1);
    tokens = isBlocked ? 0 : Math.min(tokens + (sentPerSecond * STEP_MS) / 1_000, 1.5);
    if (tokens >= 1) {
      begun = begun.filter(({ state }) => state !== 'accepted' && state !== 'parked');
      const due = begun.filter(({ dueAtMs, isUnderWay }) => !isUnderWay && dueAtMs <= nowMs);
      const byAge = due.sort((a, b) => a.dueAtMs - b.dueAtMs);
      const isAsking = nowMs >= (world.pollerFromMs ?? 0);
      const asked = byAge.filter(({ state }) => isAsking && state === 'submitted');
      const sentAgain = byAge.filter(({ state }) => state !== 'submitted');
      // As the due queue has it: who waits for another turn goes before who comes anew.
      const polled = [
        ...asked.filter(({ polls }) => polls > 0),
        ...asked.filter(({ polls }) => polls === 0),
      ];
      const queues = [
        {
          isEmpty: () => sentAgain.length === 0 && fresh.length === 0,
          next: () => sentAgain.shift() ?? fresh.pop(),
        },
        { isEmpty: () => polled.length === 0, next: () => polled.shift() },
      ];
      while (tokens >= 1) {
        const by = [turn % 2, (turn + 1) % 2].find(
          (each) => !queues[each]?.isEmpty() && (busy[each] ?? 0) < world.concurrency,
        );
        const invoice = by === undefined ? undefined : queues[by]?.next();
        if (by === undefined || !invoice) break;
        turn = by + 1;
        tokens -= 1;
        sent.push(nowMs);
        busy[by] = (busy[by] ?? 0) + 1;
        if (invoice.calls === 0) begun.push(invoice);
        const dueAtMs = nowMs + LEASE_MS;
        Object.assign(invoice, { isUnderWay: true, dueAtMs, updatedAtMs: nowMs });
        const isLost = invoice.state === 'packaged' && random() < world.lost;
        const endsAtMs = nowMs + (isLost ? (world.timeoutMs ?? 0) : 0) + within(world.latencyMs);
        underWay.push({ by, endsAtMs, end: () => finish(invoice, nowMs, endsAtMs, isLost) });
      }
    }
    const isDone =
      fresh.length === 0 && begun.every(({ state }) => state === 'accepted' || state === 'parked');
    if (nowMs < lookAtMs && !isDone) continue;
    lookAtMs = nowMs + LOOK_MS;
    sent = sent.filter((atMs) => atMs > nowMs - WINDOW_MS);
    const pace = {
      currentPerSecond: ratePerSecond,
      measuredPerSecond: sent.length / (WINDOW_MS / 1_000),
      blockedUntilMs:
        world.blocked && nowMs >= world.blocked.fromMs
          ? world.blocked.fromMs + world.blocked.forMs
          : 0,
      pollDelayMs: world.pollDelayMs,
      leaseMs: LEASE_MS,
    };
    yield { nowMs, invoices, pace };
    if (isDone) return;
  }
}
