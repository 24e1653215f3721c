import * as z from 'zod/mini';

/** What a rule can make of a request. "Before" and "after" are told apart for submissions only; a look-up changes nothing. */
export const RULE_FAULTS = [
  'serverErrorBeforeAccepting',
  'serverErrorAfterAccepting',
  'timeoutBeforeAccepting',
  'timeoutAfterAccepting',
  'resetBeforeAccepting',
  'resetAfterAccepting',
  'garbageBeforeAccepting',
  'garbageAfterAccepting',
  /** Says that it has taken it, and has not. */
  'lost',
  'throttled',
  'denied',
  /** Takes it, and turns it down when its time has come. */
  'rejected',
  /** Takes it, and sends the answer a second time on the same connection. */
  'answeredTwice',
] as const;
export type RuleFault = (typeof RULE_FAULTS)[number];

/** Faults that a look-up cannot have: those of the booking itself. */
const OF_SUBMISSIONS: readonly RuleFault[] = ['lost', 'rejected'];

/** A fault that is certain, for tests: which requests meet it, how often, for how long. */
export const Rule = z.strictObject({
  fault: z.enum(RULE_FAULTS),
  /** Only requests about clients whose name begins so. */
  clients: z._default(z.string(), ''),
  calls: z._default(z.enum(['submission', 'lookUp', 'any']), 'any'),
  /** So many requests about each invoice; all where it is left out. */
  timesEach: z.optional(z.int().check(z.gte(1))),
  /** From when the rule was set; until it is taken away where it is left out. */
  lastsMs: z.optional(z.int().check(z.gte(1))),
  /** With `throttled`. */
  retryAfterSeconds: z._default(z.int().check(z.gte(0), z.lte(86_400)), 1),
});
export type Rule = z.infer<typeof Rule>;

export const Rules = z.array(Rule).check(z.maxLength(100));

interface Standing {
  readonly rule: Rule;
  readonly untilMs: number;
  readonly metBy: Map<string, number>;
}

/** The rules in force. The first that fits decides. */
export class RuleBook {
  #standing: readonly Standing[] = [];

  set(rules: readonly Rule[], nowMs: number): void {
    this.#standing = rules.map((rule) => ({
      rule,
      untilMs: nowMs + (rule.lastsMs ?? Number.POSITIVE_INFINITY),
      metBy: new Map(),
    }));
  }

  /** Each rule with how many requests have met it. */
  list(): (Rule & { readonly met: number })[] {
    return this.#standing.map(({ rule, metBy }) => ({
      ...rule,
      met: [...metBy.values()].reduce((sum, times) => sum + times, 0),
    }));
  }

  /** The rule that a request meets, if any; it counts from then on. */
  meet(
    call: 'submission' | 'lookUp',
    { id, client }: { readonly id: string; readonly client: string },
    nowMs: number,
  ): Rule | undefined {
    const found = this.#standing.find(
      ({ rule, untilMs, metBy }) =>
        nowMs < untilMs &&
        (rule.calls === 'any' || rule.calls === call) &&
        (call === 'submission' || !OF_SUBMISSIONS.includes(rule.fault)) &&
        client.startsWith(rule.clients) &&
        (metBy.get(id) ?? 0) < (rule.timesEach ?? Number.POSITIVE_INFINITY),
    );
    found?.metBy.set(id, (found.metBy.get(id) ?? 0) + 1);
    return found?.rule;
  }
}
