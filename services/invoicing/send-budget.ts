import { randomUUID } from 'node:crypto';
import type { Answer } from '#shared/domain/invoice.ts';
import { luaScript } from '#shared/platform/lua.ts';
import type { RedisClient } from '#shared/platform/redis.ts';
import { type Clock, systemClock } from './clock.ts';
import budgetStateLua from './lua/budget-state.lua';
import readBudgetLua from './lua/read-budget.lua';
import reportAnswerLua from './lua/report-answer.lua';
import takePermitLua from './lua/take-permit.lua';

/** For what a permit is asked. */
export interface Errand {
  /** The id of the invoice. */
  readonly invoice: string;
  /** The version of its item under the lease of the caller. */
  readonly version: bigint;
  /** By the clock's `elapsedMs`: from then on a permit is of no use. */
  readonly byMs: number;
}

export interface GrantedPermit {
  readonly granted: true;
  readonly id: string;
  readonly invoice: string;
  /** The moment for which it is, by the clock of Redis, and the earliest that this is by the clock's `elapsedMs`. */
  readonly forUs: number;
  readonly forMs: number;
}

export type Permit =
  /** For one request, now: `take` has waited for its moment. Is followed by one `report`. */
  | GrantedPermit
  /** None is to be had in time; asking again is of use after this. Or never, where someone else has the lease. */
  | { readonly granted: false; readonly retryInMs: number; readonly isLeaseLost?: boolean };

/** What became of a permit. */
export interface Outcome {
  readonly answer: Answer;
  readonly latencyMs: number;
}

export type BreakerState = 'closed' | 'open' | 'probing';

/** How the budget stands. Times are Unix milliseconds by the clock of Redis. */
export interface BudgetStatus {
  readonly nowMs: number;
  readonly breaker: {
    readonly state: BreakerState;
    readonly sinceMs: number;
    readonly reason: string;
    readonly nextTryAtMs: number;
  };
  /** Nothing is sent before. */
  readonly blockedUntilMs: number;
  readonly allowedPerSecond: number;
  readonly currentPerSecond: number;
  readonly measuredPerSecond: number;
  readonly allowedPlaces: number;
  readonly currentPlaces: number;
  readonly placesInUse: number;
}

/** What a loop may begin. */
export interface Outlook {
  /** How long nothing may be sent at all; 0 for now. */
  readonly waitMs: number;
  /** Whether there is room for a single request only, which tries whether the API is back. */
  readonly isProbe: boolean;
}

/** How often, and how often at once, the invoice API may be called: one budget for everything that calls it. */
export interface SendBudget {
  /** Waits for the permit to send one request. */
  take(errand: Errand): Promise<Permit>;
  /**
   * Tells that the request has left just now, which may be later than its permit: the window goes by this. Making a
   * connection takes time, and is no sign that requests are held up.
   */
  sent(permit: GrantedPermit, isOnNewConnection?: boolean): void;
  /** Gives back a permit for which no request was sent. */
  giveBack(permit: GrantedPermit): Promise<void>;
  /** Lets the budget learn from an answer; the breaker where it has just changed by it. */
  report(
    permit: GrantedPermit,
    outcome: Outcome,
  ): Promise<'opened' | 'open' | 'closed' | undefined>;
  outlook(): Promise<Outlook>;
  status(): Promise<BudgetStatus>;
  /** Ends a block and an open breaker at once. */
  resume(): Promise<BudgetStatus>;
}

export interface SendBudgetSettings {
  /** The requests that the API allows in any second. */
  readonly ratePerSecond: number;
  /** The most requests under way at once. */
  readonly concurrency: number;
  /** The longest that a request takes. */
  readonly timeoutMs: number;
  /** The longest that a lease is held. */
  readonly leaseMs: number;
  /** Needs a hash tag. One key is one budget. */
  readonly key?: string;
}

/**
 * What is added to the second of the window, for requests that are on their way for different times. Together with
 * the time from one request leaving the window to the next one being sent it is what the rate falls short of the
 * allowed one: 20 ms are 2 %.
 */
const GUARD_MS = 15;
/** A permit that comes so late is given back: something has been held up, and a little later it will be over. */
const LATE_MS = 250;
/** What leaves later than this after its permit is entered anew. */
const EXACT_MS = 2;
/** So that a request that is held up moves it by little. */
const LEAD_STEP_MS = 0.2;
const MAX_LEAD_MS = 3;
/** The first ones of a process take long, by code that runs for the first time. */
const COLD_SENDS = 4;
/** Beyond the time-out, for the answer to be reported. */
const PLACE_MARGIN_MS = 2_000;
/** Waited out by who holds a lease, rather than giving it back. */
const SHORT_WAIT_MS = 2_000;
/** Between looks whether another request about the same invoice is over. */
const UNDER_WAY_MS = 200;
/** Beyond this the two clocks of this process do not agree: it was frozen, or one was set. */
const DISAGREEMENT_MS = 500;

const withState = (lua: string) => `${budgetStateLua}\n${lua}`;
const takePermit = luaScript('takePermit', withState(takePermitLua));
const reportAnswer = luaScript('reportAnswer', withState(reportAnswerLua));
const readBudget = luaScript('readBudget', withState(readBudgetLua));

export function createSendBudget(
  redis: RedisClient,
  { ratePerSecond, concurrency, timeoutMs, leaseMs, key = '{send-budget}' }: SendBudgetSettings,
  clock: Clock = systemClock,
): SendBudget {
  const keys = [key, `${key}:sent`, `${key}:under-way`, `${key}:failing`];
  const sentKey = `${key}:sent`;
  const windowUs = (1_000 + GUARD_MS) * 1_000;
  const lastsUs = (timeoutMs + PLACE_MARGIN_MS) * 1_000;
  /** One caller of this process asks at a time; the others wait here, not at Redis. */
  let turn: Promise<unknown> = Promise.resolve();
  /** How late the requests left that have no answer yet. */
  const late = new Map<string, number>();
  /** From the end of a wait until the request leaves, as half of them take; what a wait ends earlier by. */
  let leadMs = 0;
  let sends = 0;
  let seen: { redisUs: number; steps: string; elapsedMs: number; wallMs: number } | undefined;

  /** The time of Redis as this process has it from the last reply; empty where it cannot be sure. */
  function expectedUs(): string {
    if (!seen) return '';
    const elapsedMs = clock.elapsedMs() - seen.elapsedMs;
    const wallMs = clock.nowMs() - seen.wallMs;
    if (Math.abs(elapsedMs - wallMs) > DISAGREEMENT_MS) return '';
    return String(Math.round(seen.redisUs + elapsedMs * 1_000));
  }

  function see(redisUs: number, steps = '0'): void {
    seen = { redisUs, steps, elapsedMs: clock.elapsedMs(), wallMs: clock.nowMs() };
  }

  const settings = () => [ratePerSecond, windowUs, concurrency, expectedUs(), seen?.steps ?? '0'];

  async function ask({ invoice, version }: Errand) {
    const id = randomUUID();
    const askedAtMs = clock.elapsedMs();
    const reply = await takePermit(redis)(
      [...keys, `${key}:lease:${invoice}`],
      [...settings(), id, lastsUs, invoice, String(version), leaseMs],
    );
    const [code, waitUs, nowUs, steps] = reply as [number, string, string, string];
    see(Number(nowUs), steps);
    const waitMs = Number(waitUs) / 1_000;
    const forUs = Number(nowUs) + Number(waitUs);
    const permit = { granted: true, id, invoice, forUs, forMs: askedAtMs + waitMs } as const;
    return { code, waitMs, permit };
  }

  async function tell(
    permit: GrantedPermit,
    outcome: string,
    retryAfterMs: number,
    latencyMs: number,
    words: string,
  ): Promise<string> {
    const lateMs = late.get(permit.id);
    late.delete(permit.id);
    const args = [outcome, Math.round(retryAfterMs * 1_000), Math.round(latencyMs * 1_000)];
    const event = await reportAnswer(redis)(keys, [
      ...settings(),
      permit.id,
      ...args,
      permit.invoice,
      words,
      lateMs === undefined ? '' : Math.round(lateMs * 1_000),
    ]);
    return event as string;
  }

  const giveBack = async (permit: GrantedPermit) => {
    await tell(permit, 'unused', 0, 0, '');
  };

  async function takeInTurn(errand: Errand): Promise<Permit | 'under_way'> {
    for (;;) {
      const leftMs = errand.byMs - clock.elapsedMs();
      if (leftMs <= 0) return { granted: false, retryInMs: 0 };
      const { code, waitMs, permit } = await ask(errand);
      if (code === -3) return 'under_way';
      if (code === -2) return { granted: false, retryInMs: 0, isLeaseLost: true };
      if (code === 1) {
        const sleepMs = Math.round(waitMs - leadMs);
        if (sleepMs > 0) await clock.sleep(sleepMs);
        if (clock.elapsedMs() - permit.forMs <= LATE_MS) return permit;
        await giveBack(permit);
        continue;
      }
      const isTooLong = code === -1 && waitMs > SHORT_WAIT_MS;
      if (isTooLong || waitMs >= leftMs) return { granted: false, retryInMs: waitMs };
      await clock.sleep(Math.max(Math.ceil(waitMs), 1));
    }
  }

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = turn.then(work);
    turn = mine.catch(() => {});
    return mine;
  }

  async function read(isResumed: boolean): Promise<BudgetStatus> {
    const reply = await readBudget(redis)(keys, [...settings(), isResumed ? '1' : '0']);
    const [nowUs, steps, state, sinceUs, nextUs, blockedUs, rate, places, inUse, sent, reason] =
      reply as string[];
    see(Number(nowUs), steps);
    const toMs = (us: string | undefined) => Math.round(Number(us) / 1_000);
    return {
      nowMs: toMs(nowUs),
      breaker: {
        state: state as BreakerState,
        sinceMs: toMs(sinceUs),
        reason: reason ?? '',
        nextTryAtMs: toMs(nextUs),
      },
      blockedUntilMs: toMs(blockedUs),
      allowedPerSecond: ratePerSecond,
      currentPerSecond: Number(rate) / 1_000,
      measuredPerSecond: Number(sent) / 10,
      allowedPlaces: concurrency,
      currentPlaces: Number(places),
      placesInUse: Number(inUse),
    };
  }

  return {
    async take(errand) {
      for (;;) {
        const permit = await inTurn(() => takeInTurn(errand));
        if (permit !== 'under_way') return permit;
        // Outside of the turn: others need not wait for this invoice.
        await clock.sleep(UNDER_WAY_MS);
      }
    },

    sent({ id, forUs, forMs }, isOnNewConnection = false) {
      const lateMs = clock.elapsedMs() - forMs;
      sends += 1;
      if (sends > COLD_SENDS && !isOnNewConnection) {
        late.set(id, lateMs);
        leadMs = within(leadMs + within(lateMs / 4, -LEAD_STEP_MS, LEAD_STEP_MS), 0, MAX_LEAD_MS);
      }
      if (lateMs <= EXACT_MS) return;
      const score = String(Math.round(forUs + lateMs * 1_000));
      // Should it fail, the window is wrong by so little for one request.
      redis.zadd(sentKey, 'XX', 'GT', score, id).catch(() => {});
    },

    giveBack,

    async report(permit, { answer, latencyMs }) {
      const retryAfterMs = 'retryAfterMs' in answer ? (answer.retryAfterMs ?? 0) : 0;
      const words = 'detail' in answer ? answer.detail : '';
      const event = await tell(permit, outcomeOf(answer), retryAfterMs, latencyMs, words);
      return event === '' ? undefined : (event as 'opened' | 'open' | 'closed');
    },

    async outlook() {
      const { nowMs, breaker, blockedUntilMs } = await read(false);
      const isProbe = breaker.state !== 'closed';
      const fromMs = Math.max(blockedUntilMs, isProbe ? breaker.nextTryAtMs : 0);
      return { waitMs: Math.max(fromMs - nowMs, 0), isProbe };
    },

    status: () => read(false),
    resume: () => read(true),
  };
}

function within(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

function outcomeOf(answer: Answer): 'answered' | 'failed' | 'denied' | 'throttled' {
  switch (answer.type) {
    case 'throttled':
    case 'denied':
      return answer.type;
    case 'no_answer':
      return 'failed';
    default:
      return 'answered';
  }
}
