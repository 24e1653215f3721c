import { differences, foldBalances, type Stage } from '#shared/domain/conservation.ts';
import type { AccountEvent, LedgerEvent } from '#shared/domain/ledger-event.ts';
import { type Asked, keyOf } from './callers.ts';
import { type AccountModel, replay, wasEver } from './model.ts';
import type { Done, Request } from './requests.ts';

/** What must never be, each with a word for it. */
export type FindingType =
  /** Answered as done, and not in the ledger. */
  | 'lost'
  /** In the ledger more than once. */
  | 'doubled'
  /** In the ledger, and asked for by nobody or refused to everybody. */
  | 'invented'
  /** In the ledger with something else than was asked for. */
  | 'misstated'
  /** Refused though it could have been done at every moment of the call. */
  | 'untruthful_refusal'
  /** Does not follow from the event before it. */
  | 'broken_chain'
  /** Ought to have been refused. */
  | 'illegal'
  /** The store lets spend more than the ledger knows of, or less. */
  | 'balance_too_high'
  | 'balance_too_low'
  /** The store and the ledger do not agree on what is held. */
  | 'holds'
  /** The ledger and what is made of it do not agree. */
  | 'usage'
  | 'entries';

export interface Finding {
  readonly type: FindingType;
  readonly client: string;
  readonly detail: string;
}

/** A time of which the store may forget everything. */
export interface Lapse {
  readonly fromMs: number;
  readonly toMs: number;
}

/** An account as the store has it. Without holds where the engine has none. */
export interface StoredAccount {
  readonly balanceMicros: bigint;
  readonly heldMicros: bigint;
  readonly holds: ReadonlyMap<string, bigint>;
}

/** Everything that a run leaves behind. */
export interface Remains {
  readonly asked: ReadonlyMap<string, Asked>;
  readonly ledger: readonly LedgerEvent[];
  readonly stored: ReadonlyMap<string, StoredAccount>;
  /** What aggregation made of the ledger. */
  readonly stages: readonly Stage[];
  readonly entries: readonly AccountEvent[];
}

export interface Verdict {
  readonly findings: readonly Finding[];
  /** Answers of lapses that nothing bears out any more. */
  readonly forgotten: readonly Finding[];
  /** What else was found where the ledger may be ahead. */
  readonly disagreements: readonly Finding[];
}

export interface Excuses {
  readonly lapses: readonly Lapse[];
  /** Whether events may have been handed on that the store forgets, or does not know to have handed on. */
  readonly ledgerMayBeAhead: boolean;
}

/** Compares what is there with what was asked and answered, and with the model. Only what is excused may be missing. */
export function judge(remains: Remains, { lapses, ledgerMayBeAhead }: Excuses): Verdict {
  const events = remains.ledger.filter((event) => event.kind !== 'usage');
  const byKey = Map.groupBy(events, keyOfEvent);
  const models = new Map(
    [...Map.groupBy(events, ({ client }) => client)].map(([client, ofClient]) => [
      client,
      replay(ofClient),
    ]),
  );
  const forgotten: (Finding & { key: string })[] = [];
  const found: Finding[] = [];
  for (const asked of remains.asked.values()) {
    const { request } = asked;
    const key = keyOf(request);
    const inLedger = byKey.get(key) ?? [];
    for (const { fromMs, toMs, ...lost } of checkAnswers(asked, inLedger)) {
      if (isWithin(lapses, fromMs, toMs)) forgotten.push({ ...lost, key });
      else found.push(lost);
    }
    found.push(...checkRefusals(asked, inLedger, models.get(request.client), lapses));
  }
  found.push(
    ...checkEvents(byKey, remains.asked),
    ...checkModels(models, new Set(forgotten.map(({ key }) => key))),
    ...checkStore(events, models, remains.stored),
    ...checkCopies(events, remains),
  );

  const isDisagreement = ({ type }: Finding) => ledgerMayBeAhead && type !== 'lost';
  return {
    findings: found.filter((finding) => !isDisagreement(finding)),
    disagreements: found.filter(isDisagreement),
    forgotten,
  };
}

const keyOfEvent = (event: AccountEvent) => `${event.client} ${event.kind} ${event.id}`;

function isWithin(lapses: readonly Lapse[], fromMs: number, toMs: number): boolean {
  return lapses.some((lapse) => lapse.fromMs <= toMs && fromMs <= lapse.toMs);
}

function* checkAnswers(
  { request, tries }: Asked,
  inLedger: readonly AccountEvent[],
): Generator<Finding & Lapse> {
  const { client } = request;
  const told = new Set<string>();
  for (const { answer, sentMs, answeredMs } of tries) {
    if (answer.type !== 'done') continue;
    if (inLedger.some((event) => bearsOut(event, answer))) continue;
    const { balanceMicros, recordedAtMs } = answer;
    const detail = `${keyOf(request)}: done at ${recordedAtMs} with ${balanceMicros} left`;
    if (told.has(detail)) continue;
    told.add(detail);
    const [fromMs, toMs] = [recordedAtMs ?? sentMs, recordedAtMs ?? answeredMs];
    yield { type: 'lost', client, detail, fromMs, toMs };
  }
}

/** Whether an event says the same as an answer. */
function bearsOut(event: AccountEvent, { recordedAtMs, balanceMicros, values }: Done): boolean {
  return (
    event.recordedAtMs === (recordedAtMs ?? event.recordedAtMs) &&
    event.balanceMicros === (balanceMicros ?? event.balanceMicros) &&
    saidOf(event).every((said, index) => said === (values[index] ?? said))
  );
}

/** What the answer to an event says beside its time and balance, as far as the event tells. */
function saidOf(event: AccountEvent): string[] {
  const said = (...values: (bigint | number)[]) => values.map(String);
  switch (event.kind) {
    case 'charge':
      return said(event.amountMicros);
    case 'hold':
    case 'extension':
      return said(event.heldMicros, event.expiresAtMs);
    case 'release':
      return said(event.heldMicros, event.amountMicros);
    case 'reversal':
      return said(event.amountMicros, event.reversedMicros);
    case 'capture':
      // And what is left in the hold, of which the event does not tell.
      return said(event.heldMicros, event.amountMicros);
    default:
      return [];
  }
}

function* checkEvents(
  byKey: ReadonlyMap<string, readonly AccountEvent[]>,
  asked: ReadonlyMap<string, Asked>,
): Generator<Finding> {
  for (const [key, events] of byKey) {
    const [event] = events as [AccountEvent];
    const { client } = event;
    if (events.length > 1)
      yield { type: 'doubled', client, detail: `${key}: ${events.length} times` };
    if (event.kind === 'expiry') continue;
    const entry = asked.get(key);
    if (!entry?.tries.some(({ answer }) => answer.type === 'done')) {
      const detail = `${key} at ${event.recordedAtMs}: ${entry ? 'refused' : 'nobody asked'}`;
      yield { type: 'invented', client, detail };
    } else if (!isAsAsked(event, entry.request)) {
      yield { type: 'misstated', client, detail: `${key}: ${event.amountMicros}` };
    }
  }
}

function isAsAsked(event: AccountEvent, request: Request): boolean {
  if ('holdId' in request && request.holdId !== (event as { holdId?: string }).holdId) return false;
  if (!('amountMicros' in request)) return true;
  const { amountMicros } = event;
  const isLess = 'isUpTo' in request && request.isUpTo && amountMicros < request.amountMicros;
  const isInTime =
    event.kind !== 'hold' ||
    event.expiresAtMs === event.recordedAtMs + (request as { lifetimeMs: number }).lifetimeMs;
  return isInTime && (amountMicros === request.amountMicros || isLess);
}

function* checkModels(
  models: ReadonlyMap<string, AccountModel>,
  forgotten: ReadonlySet<string>,
): Generator<Finding> {
  for (const [client, { violations }] of models) {
    for (const { type, event, detail } of violations) {
      // The API looks a charge up before it reverses it, callers here rely on the answer.
      const isOfForgotten =
        event.kind === 'reversal' && forgotten.has(`${client} charge ${event.reversedId}`);
      if (isOfForgotten && type === 'illegal') continue;
      yield { type, client, detail: `${keyOfEvent(event)} at ${event.recordedAtMs} ${detail}` };
    }
  }
}

function* checkRefusals(
  { request, tries }: Asked,
  inLedger: readonly AccountEvent[],
  model: AccountModel | undefined,
  lapses: readonly Lapse[],
): Generator<Finding> {
  for (const { sentMs, answeredMs, answer } of tries) {
    if (answer.type !== 'refused' || isWithin(lapses, sentMs, answeredMs)) continue;
    const { client } = request;
    const wasDoneBefore = inLedger.some(({ recordedAtMs }) => recordedAtMs < sentMs);
    const isTrue = isTruthful(request, answer.reason, model, sentMs, answeredMs);
    if (isTrue && !wasDoneBefore) continue;
    const detail = `${keyOf(request)}: ${answer.reason} at ${answeredMs}`;
    yield { type: 'untruthful_refusal', client, detail };
  }
}

/** Whether there was a moment of the call at which the reason was so. */
function isTruthful(
  request: Request,
  reason: string,
  model: AccountModel | undefined,
  fromMs: number,
  toMs: number,
): boolean {
  const openedMs = model?.spendable[0]?.fromMs ?? Number.POSITIVE_INFINITY;
  if (reason === 'unknown_account') return openedMs >= fromMs;
  if (!model) return false;
  switch (reason) {
    case 'insufficient_balance': {
      const isUpTo = 'isUpTo' in request && request.isUpTo;
      const needed = isUpTo || !('amountMicros' in request) ? 1n : request.amountMicros;
      return wasEver(model.spendable, fromMs, toMs, (value) => value < needed);
    }
    case 'unknown_hold':
    case 'insufficient_hold': {
      const hold = 'holdId' in request ? model.holdsOverTime.get(request.holdId) : undefined;
      const isGone = !hold || hold.expiresAtMs <= toMs;
      if (reason === 'unknown_hold' && isGone) return true;
      const needed = 'amountMicros' in request ? request.amountMicros : 1n;
      const most = reason === 'unknown_hold' ? 1n : needed;
      return wasEver(hold?.left ?? [], fromMs, toMs, (left) => left < most);
    }
    case 'over_reversed': {
      if (request.kind !== 'reversal') return false;
      const left = model.reversible.get(request.reversedId);
      // The charge itself is forgotten, so that nothing tells what was given back of it.
      if (!left) return true;
      return wasEver(left, fromMs, toMs, (value) => value < request.amountMicros);
    }
    default:
      return false;
  }
}

function* checkStore(
  events: readonly AccountEvent[],
  models: ReadonlyMap<string, AccountModel>,
  stored: ReadonlyMap<string, StoredAccount>,
): Generator<Finding> {
  const histories = foldBalances(events, Number.POSITIVE_INFINITY);
  for (const client of new Set([...histories.keys(), ...stored.keys()])) {
    const { balanceMicros, heldMicros, holds } = stored.get(client) ?? NOTHING;
    const history = histories.get(client);
    const sumMicros = history?.sumMicros ?? 0n;
    if (balanceMicros !== sumMicros) {
      const type = balanceMicros > sumMicros ? 'balance_too_high' : 'balance_too_low';
      const detail = `${balanceMicros} in the store, ${sumMicros} by the ledger`;
      yield { type, client, detail };
    }
    const listOf = (all: Iterable<readonly [string, bigint]>, held: bigint) =>
      `${held}: ${[...all].map(([id, left]) => `${id} ${left}`).sort()}`;
    const kept = listOf(holds, heldMicros);
    const left = [...(models.get(client)?.holds ?? [])].map(
      ([id, { leftMicros }]) => [id, leftMicros] as const,
    );
    const known = listOf(left, history?.heldMicros ?? 0n);
    if (kept !== known) {
      yield { type: 'holds', client, detail: `${kept} in the store, ${known} by the ledger` };
    }
  }
}

const NOTHING: StoredAccount = { balanceMicros: 0n, heldMicros: 0n, holds: new Map() };

/** What aggregation makes of the ledger: sums of usage, and the entries of each account. */
function* checkCopies(
  events: readonly AccountEvent[],
  { stages, entries }: Remains,
): Generator<Finding> {
  for (const { key, left, right } of differences(stages)) {
    const detail = `${key.day} ${key.meter}: ${left.amountMicros} in ${left.stage}, ${right.amountMicros} in ${right.stage}`;
    yield { type: 'usage', client: key.client, detail };
  }
  const count = (all: readonly AccountEvent[]) => Map.groupBy(all, keyOfEvent);
  const [inLedger, inEntries] = [count(events), count(entries)];
  for (const key of new Set([...inLedger.keys(), ...inEntries.keys()])) {
    const [left, right] = [inLedger.get(key)?.length ?? 0, inEntries.get(key)?.length ?? 0];
    if (left === right) continue;
    const client = key.split(' ')[0] as string;
    yield { type: 'entries', client, detail: `${key}: ${left} in the ledger, ${right} in entries` };
  }
}

/** How many of each type. */
export function countByType(findings: readonly Finding[]): Partial<Record<FindingType, number>> {
  const counts: Partial<Record<FindingType, number>> = {};
  for (const { type } of findings) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}

const MAX_SHOWN = 20;

/** For a test to compare with nothing, and a person to read. */
export function textOf(findings: readonly Finding[]): string {
  const lines = findings.map(({ type, detail, client }) => `${type}: ${client}: ${detail}`);
  const more = lines.length - MAX_SHOWN;
  return [...lines.slice(0, MAX_SHOWN), ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}
