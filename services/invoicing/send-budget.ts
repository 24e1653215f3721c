import type { Answer } from '#shared/domain/invoice.ts';
import { luaScript } from '#shared/platform/lua.ts';
import type { RedisClient } from '#shared/platform/redis.ts';
import { type Clock, systemClock } from './clock.ts';
import reportAnswerLua from './lua/report-answer.lua';
import takePermitLua from './lua/take-permit.lua';

export type Permit =
  /** For one request, now. */
  | { readonly granted: true }
  /** None is to be had in time; asking again is of use after this. */
  | { readonly granted: false; readonly retryInMs: number };

/** How often the invoice API may be called: one budget for everything that calls it, in all processes. */
export interface SendBudget {
  /** Waits for the permit to send one request, not longer than until `byMs` of the clock's `elapsedMs`. */
  take(byMs: number): Promise<Permit>;
  /** How long nothing may be sent at all, because the API has asked for it; 0 if it has not. */
  blockedForMs(): Promise<number>;
  /** Lets the budget learn from an answer. Every permit that was used is followed by one. */
  report(answer: Answer): Promise<void>;
}

export interface SendBudgetSettings {
  /** The most requests per second, a little below what the API allows: requests bunch up on their way. */
  readonly ratePerSecond: number;
  /** Needs a hash tag. One key is one budget. */
  readonly key?: string;
}

/** Slots are reserved at most this far ahead, so that a sudden 429 finds few of them given out. */
const AHEAD_MS = 500;

/**
 * A permit that cannot be used within this of its slot is left unused. A process that was held up
 * would otherwise send all it has at once, on top of what others send by the clock.
 */
const LATE_MS = 30;

const LOWEST_PART = 1 / 20;

const takePermit = luaScript('takePermit', takePermitLua);
const reportAnswer = luaScript('reportAnswer', reportAnswerLua);

export function createSendBudget(
  redis: RedisClient,
  { ratePerSecond, key = '{send-budget}' }: SendBudgetSettings,
  clock: Clock = systemClock,
): SendBudget {
  const highest = Math.round(ratePerSecond * 1_000);
  const lowest = Math.max(1, Math.round(highest * LOWEST_PART));
  /** One caller of this process asks at a time; the others wait here, not at Redis. */
  let turn: Promise<unknown> = Promise.resolve();
  let blockedUntilMs = 0;

  async function ask(aheadMs: number) {
    const askedAtMs = clock.elapsedMs();
    const reply = await takePermit(redis)([key], [highest, aheadMs]);
    const [code, wait] = reply as [number, string];
    const waitMs = Number(wait);
    // Redis read its clock somewhere between question and answer.
    const slotMs = (askedAtMs + clock.elapsedMs()) / 2 + waitMs;
    return { code, waitMs, slotMs };
  }

  /** Waits until a slot is reserved that lies before `byMs`. */
  async function reserve(byMs: number) {
    for (;;) {
      const leftMs = byMs - clock.elapsedMs();
      if (leftMs <= 0) return { retryInMs: 0 };
      const { code, waitMs, slotMs } = await ask(Math.min(AHEAD_MS, leftMs));
      if (code === 1) return { slotMs };
      if (code === -1 || waitMs >= leftMs) return { retryInMs: waitMs };
      await clock.sleep(Math.max(waitMs, 1));
    }
  }

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = turn.then(work);
    turn = mine.catch(() => {});
    return mine;
  }

  return {
    async take(byMs) {
      for (;;) {
        const slot = await inTurn(() => reserve(byMs));
        if ('retryInMs' in slot) return { granted: false, retryInMs: slot.retryInMs };
        await clock.sleep(slot.slotMs - clock.elapsedMs());
        const nowMs = clock.elapsedMs();
        if (nowMs < blockedUntilMs) return { granted: false, retryInMs: blockedUntilMs - nowMs };
        if (nowMs - slot.slotMs <= LATE_MS) return { granted: true };
      }
    },

    async blockedForMs() {
      const { code, waitMs } = await ask(-1);
      return code === -1 ? waitMs : 0;
    },

    async report(answer) {
      const retryAfterMs = answer.type === 'throttled' ? answer.retryAfterMs : 0;
      const reply = await reportAnswer(redis)(
        [key],
        [highest, lowest, outcomeOf(answer), retryAfterMs],
      );
      const [, blockedMs] = reply as [number, string];
      blockedUntilMs = clock.elapsedMs() + Number(blockedMs);
    },
  };
}

function outcomeOf(answer: Answer): 'answered' | 'failed' | 'throttled' {
  if (answer.type === 'throttled') return 'throttled';
  return answer.type === 'no_answer' || answer.type === 'denied' ? 'failed' : 'answered';
}
