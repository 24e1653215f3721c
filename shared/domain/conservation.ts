import { type AccountEvent, effectOf, type LedgerEvent } from './ledger-event.ts';
import { addTotals, isSame, NO_TOTALS, type Totals, totalsOf } from './totals.ts';
import { foldUsage, type UsageKey, type UsageSum } from './usage.ts';

/** The sums of one stage of the pipeline, keyed by `usageKeyOf`. */
export interface Stage {
  readonly name: string;
  readonly sums: ReadonlyMap<string, UsageSum>;
}

export interface Difference {
  readonly key: UsageKey;
  readonly left: { readonly stage: string } & Totals;
  readonly right: { readonly stage: string } & Totals;
}

/**
 * Invariant 4: at rest every stage holds the same sums, key by key. Yields each key where a stage differs
 * from the one before it, in the order of client, day and meter, so that the first is the one to look at.
 */
export function* differences(stages: readonly Stage[]): Generator<Difference> {
  const keys = new Map<string, UsageKey>();
  for (const stage of stages) for (const [key, sum] of stage.sums) keys.set(key, sum);
  for (const key of [...keys.keys()].sort()) {
    for (let index = 1; index < stages.length; index++) {
      const [before, after] = [stages[index - 1] as Stage, stages[index] as Stage];
      const left = before.sums.get(key) ?? NO_TOTALS;
      const right = after.sums.get(key) ?? NO_TOTALS;
      if (isSame(left, right)) continue;
      yield {
        key: keys.get(key) as UsageKey,
        left: { stage: before.name, ...totalsOf(left) },
        right: { stage: after.name, ...totalsOf(right) },
      };
    }
  }
}

/** Adds up a stage per currency, for the table that people read. */
export function totalsByCurrency(sums: Iterable<UsageSum>): Map<string, Totals> {
  const totals = new Map<string, Totals>();
  for (const sum of sums) {
    const before = totals.get(sum.currency) ?? NO_TOTALS;
    totals.set(sum.currency, addTotals(before, sum));
  }
  return totals;
}

/** A stage of sums from elsewhere (a table, another system's books). Sums of one key add up: what is there twice must show. */
export function stageOf(name: string, sums: Iterable<UsageSum>): Stage {
  return { name, sums: foldUsage(sums) };
}

/** What a journal says of one balance up to a point in time. */
export interface BalanceHistory {
  /** How many changes of the account there were, up to the point. */
  readonly changes: number;
  /** Opening + top-ups + adjustments + reversals − charges − captures, up to the point. */
  readonly sumMicros: bigint;
  /** Holds − captures − what was given back, up to the point. */
  readonly heldMicros: bigint;
  /** When the last change up to the point was recorded, and all changes of that millisecond. */
  readonly lastAtMs: number;
  readonly last: readonly AccountEvent[];
  /** Whether changes after the point are known. */
  readonly goesOn: boolean;
}

const NO_HISTORY: BalanceHistory = {
  changes: 0,
  sumMicros: 0n,
  heldMicros: 0n,
  lastAtMs: Number.NEGATIVE_INFINITY,
  last: [],
  goesOn: false,
};

/**
 * Invariant 3: what the journal implies for each balance. Adds changes, in any order, to the histories of their
 * clients up to `untilMs`. Of each client only the last millisecond is kept.
 */
export function foldBalances(
  events: Iterable<LedgerEvent>,
  untilMs: number,
  histories = new Map<string, BalanceHistory>(),
): Map<string, BalanceHistory> {
  for (const event of events) {
    if (event.kind === 'usage') continue;
    const history = histories.get(event.client) ?? NO_HISTORY;
    histories.set(
      event.client,
      event.recordedAtMs > untilMs ? { ...history, goesOn: true } : addChange(history, event),
    );
  }
  return histories;
}

function addChange(history: BalanceHistory, event: AccountEvent): BalanceHistory {
  const effect = effectOf(event);
  const sums = {
    changes: history.changes + 1,
    sumMicros: history.sumMicros + effect.balanceMicros,
    heldMicros: history.heldMicros + effect.heldMicros,
  };
  const { recordedAtMs } = event;
  if (recordedAtMs < history.lastAtMs) return { ...history, ...sums };
  const last = recordedAtMs === history.lastAtMs ? [...history.last, event] : [event];
  return { ...history, ...sums, lastAtMs: recordedAtMs, last };
}

/**
 * The balance that the last change of a history carries: its sum, unless changes before it are missing or there
 * twice. Where the last millisecond leaves open which change came last and none fits, the lowest balance that
 * it may have left. Undefined without changes.
 */
export function balanceAtEnd({ sumMicros, last }: BalanceHistory): bigint | undefined {
  const ends = possibleEnds(last);
  if (ends.includes(sumMicros)) return sumMicros;
  return ends.reduce<bigint | undefined>(
    (lowest, end) => (lowest === undefined || end < lowest ? end : lowest),
    undefined,
  );
}

/**
 * The balances that changes of one millisecond, of which nobody knows the order, may have left: those from which
 * no other of them went on. Where they led back to where they began, any of theirs.
 */
function possibleEnds(changes: readonly AccountEvent[]): bigint[] {
  const after = changes.map(({ balanceMicros }) => balanceMicros);
  const before = changes.map((change) => change.balanceMicros - effectOf(change).balanceMicros);
  const ends = after.filter((balance) => {
    const next = before.indexOf(balance);
    if (next >= 0) before.splice(next, 1);
    return next < 0;
  });
  return ends.length > 0 ? ends : after;
}
