import type { AccountEvent } from '#shared/domain/ledger-event.ts';
import { effectOf } from '#shared/domain/ledger-event.ts';

/** What the accounts are by the model, worked out from the journal alone: the rules once more, in the plainest words. */

/** A value from a time on, until the next one. */
export interface Span {
  readonly fromMs: number;
  readonly value: bigint;
}

export interface Violation {
  readonly type: 'broken_chain' | 'illegal';
  readonly event: AccountEvent;
  readonly detail: string;
}

interface Hold {
  leftMicros: bigint;
  expiresAtMs: number;
}

export interface AccountModel {
  balanceMicros: bigint;
  heldMicros: bigint;
  /** Those that keep something back. */
  readonly holds: Map<string, Hold>;
  /** What could be spent at each time. */
  readonly spendable: Span[];
  /** What each hold kept back at each time, and when it was to expire, by the last word. */
  readonly holdsOverTime: Map<string, { readonly left: Span[]; expiresAtMs: number }>;
  /** Of each charge what is left to be reversed at each time. */
  readonly reversible: Map<string, Span[]>;
  readonly violations: Violation[];
}

/** Goes through the events of one account. */
export function replay(events: readonly AccountEvent[]): AccountModel {
  const model: AccountModel = {
    ...{ balanceMicros: 0n, heldMicros: 0n, holds: new Map(), spendable: [] },
    ...{ holdsOverTime: new Map(), reversible: new Map(), violations: [] },
  };
  for (const group of byTime(events)) {
    const ordered = arrange(model, group);
    for (const event of ordered ?? group) apply(model, event, ordered !== undefined);
  }
  return model;
}

function byTime(events: readonly AccountEvent[]): AccountEvent[][] {
  const groups = Map.groupBy(events, ({ recordedAtMs }) => recordedAtMs);
  return [...groups].sort(([a], [b]) => a - b).map(([, group]) => group);
}

interface Sums {
  readonly balanceMicros: bigint;
  readonly heldMicros: bigint;
}

const MAX_LOOKS = 100_000;

/**
 * An order of events of one millisecond in which each leaves the balance that it tells of; undefined where there is
 * none. Whatever the order, all of them together come to the same.
 */
function arrange(before: Sums, group: readonly AccountEvent[]): AccountEvent[] | undefined {
  let looks = 0;
  const order: AccountEvent[] = [];
  const rest = new Set(group);
  const search = (sums: Sums): boolean => {
    if (rest.size === 0) return true;
    for (const event of rest) {
      if (++looks > MAX_LOOKS) return false;
      const after = add(sums, event);
      if (!tellsOf(event, after)) continue;
      rest.delete(event);
      order.push(event);
      if (search(after)) return true;
      order.pop();
      rest.add(event);
    }
    return false;
  };
  return search(before) ? order : undefined;
}

function add(sums: Sums, event: AccountEvent): Sums {
  const effect = effectOf(event);
  return {
    balanceMicros: sums.balanceMicros + effect.balanceMicros,
    heldMicros: sums.heldMicros + effect.heldMicros,
  };
}

function tellsOf(event: AccountEvent, after: Sums): boolean {
  return (
    event.balanceMicros === after.balanceMicros &&
    (!('heldMicros' in event) || event.heldMicros === after.heldMicros)
  );
}

function apply(model: AccountModel, event: AccountEvent, isInChain: boolean): void {
  const object = (type: Violation['type'], detail: string) =>
    model.violations.push({ type, event, detail });
  if (!isInChain) {
    object(
      'broken_chain',
      `does not follow from ${model.balanceMicros} of which ${model.heldMicros} held`,
    );
  }
  const reason = reasonAgainst(model, event);
  if (reason) object('illegal', reason);

  const after = add(model, event);
  // Where the chain is broken, the event is believed, so that one break is not told of again and again.
  model.balanceMicros = isInChain ? after.balanceMicros : event.balanceMicros;
  model.heldMicros = isInChain || !('heldMicros' in event) ? after.heldMicros : event.heldMicros;
  changeHolds(model, event);
  const fromMs = event.recordedAtMs;
  const spendable = model.balanceMicros - model.heldMicros;
  model.spendable.push({ fromMs, value: spendable });
  if (event.kind === 'charge')
    model.reversible.set(event.id, [{ fromMs, value: event.amountMicros }]);
  if (event.kind === 'reversal') {
    const left = model.reversible.get(event.reversedId);
    left?.push({ fromMs, value: (left.at(-1)?.value ?? 0n) - event.amountMicros });
  }
  const isSpent = event.kind === 'charge' || event.kind === 'hold';
  if (isSpent && spendable < 0n) object('illegal', `leaves ${spendable} to spend`);
}

function reasonAgainst(model: AccountModel, event: AccountEvent): string | undefined {
  if (event.amountMicros < 0n) return `has the amount ${event.amountMicros}`;
  if ((event.kind === 'opening') !== (model.spendable.length === 0))
    return 'is not what comes first';
  const hold = 'holdId' in event ? model.holds.get(event.holdId) : undefined;
  const isDue = hold !== undefined && hold.expiresAtMs <= event.recordedAtMs;
  switch (event.kind) {
    case 'hold':
      return model.holds.has(event.id) ? 'is there already' : undefined;
    case 'capture': {
      if (!hold || isDue) return 'is of no hold';
      const rest = hold.leftMicros - event.amountMicros;
      if (rest < 0n) return `takes more than ${hold.leftMicros}`;
      return event.releasedMicros === 0n || event.releasedMicros === rest
        ? undefined
        : `gives back ${event.releasedMicros} of ${rest}`;
    }
    case 'extension':
      if (!hold || isDue) return 'is of no hold';
      return event.expiresAtMs < hold.expiresAtMs ? 'makes it shorter' : undefined;
    case 'release':
    case 'expiry':
      if (!hold || isDue !== (event.kind === 'expiry')) return 'is of no such hold';
      return event.amountMicros === hold.leftMicros ? undefined : `is not ${hold.leftMicros}`;
    case 'reversal': {
      const left = model.reversible.get(event.reversedId)?.at(-1)?.value ?? 0n;
      return event.amountMicros > left ? `gives back more than ${left}` : undefined;
    }
    default:
      return undefined;
  }
}

function changeHolds(model: AccountModel, event: AccountEvent): void {
  if (event.kind === 'hold') {
    const { amountMicros, expiresAtMs } = event;
    model.holds.set(event.id, { leftMicros: amountMicros, expiresAtMs });
    noteHold(model, event.id, event.recordedAtMs);
    return;
  }
  if (!('holdId' in event)) return;
  const hold = model.holds.get(event.holdId);
  if (!hold) return;
  if (event.kind === 'extension') hold.expiresAtMs = event.expiresAtMs;
  else hold.leftMicros += effectOf(event).heldMicros;
  if (hold.leftMicros <= 0n) model.holds.delete(event.holdId);
  noteHold(model, event.holdId, event.recordedAtMs, hold);
}

function noteHold(model: AccountModel, id: string, fromMs: number, hold = model.holds.get(id)) {
  if (!hold) return;
  const overTime = model.holdsOverTime.get(id) ?? { left: [], expiresAtMs: 0 };
  overTime.left.push({ fromMs, value: hold.leftMicros });
  overTime.expiresAtMs = hold.expiresAtMs;
  model.holdsOverTime.set(id, overTime);
}

/** Whether a value was such at any moment from one time to another, both within; of nothing, at no moment. */
export function wasEver(
  spans: readonly Span[],
  fromMs: number,
  toMs: number,
  isSuch: (value: bigint) => boolean,
): boolean {
  return spans.some(({ fromMs: since, value }, index) => {
    const untilMs = spans[index + 1]?.fromMs ?? Number.POSITIVE_INFINITY;
    return since <= toMs && untilMs >= fromMs && isSuch(value);
  });
}
