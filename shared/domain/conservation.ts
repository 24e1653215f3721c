import type { LedgerEvent } from './ledger-event.ts';
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

export interface Totals {
  readonly events: number;
  readonly quantityMicros: bigint;
  readonly amountMicros: bigint;
}

const NOTHING: Totals = { events: 0, quantityMicros: 0n, amountMicros: 0n };

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
      const left = before.sums.get(key) ?? NOTHING;
      const right = after.sums.get(key) ?? NOTHING;
      if (isSame(left, right)) continue;
      yield {
        key: keys.get(key) as UsageKey,
        left: { stage: before.name, ...totalsOf(left) },
        right: { stage: after.name, ...totalsOf(right) },
      };
    }
  }
}

function totalsOf({ events, quantityMicros, amountMicros }: Totals): Totals {
  return { events, quantityMicros, amountMicros };
}

function isSame(a: Totals, b: Totals): boolean {
  return (
    a.events === b.events &&
    a.quantityMicros === b.quantityMicros &&
    a.amountMicros === b.amountMicros
  );
}

/** Adds up a stage per currency, for the table that people read. */
export function totalsByCurrency(sums: Iterable<UsageSum>): Map<string, Totals> {
  const totals = new Map<string, Totals>();
  for (const sum of sums) {
    const before = totals.get(sum.currency) ?? NOTHING;
    totals.set(sum.currency, {
      events: before.events + sum.events,
      quantityMicros: before.quantityMicros + sum.quantityMicros,
      amountMicros: before.amountMicros + sum.amountMicros,
    });
  }
  return totals;
}

/** A stage of sums from elsewhere (a table, another system's books). Sums of one key add up: what is there twice must show. */
export function stageOf(name: string, sums: Iterable<UsageSum>): Stage {
  return { name, sums: foldUsage(sums) };
}

/** Invariant 3: the balance that the journal implies for each client: opening + top-ups + adjustments − charges. */
export function balancesFromJournal(events: Iterable<LedgerEvent>): Map<string, bigint> {
  const balances = new Map<string, bigint>();
  for (const event of events) {
    if (event.kind === 'usage') continue;
    const change = event.kind === 'charge' ? -event.amountMicros : event.amountMicros;
    balances.set(event.client, (balances.get(event.client) ?? 0n) + change);
  }
  return balances;
}
