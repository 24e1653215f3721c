import type { ProblemIssue } from '#shared/contracts/problems.ts';
import type { UsageAnswer, UsageCloudEvent } from '#shared/contracts/usage-events.ts';
import { dayOf } from '#shared/domain/billing-period.ts';
import { isRecordable } from '#shared/domain/event-time.ts';
import { type PriceList, rate } from '#shared/domain/price.ts';
import { orTryAgain, ProblemError } from '#shared/platform/problem-error.ts';
import { fingerprintOf } from '#shared/platform/receipts.ts';
import {
  type RecordOutcome,
  recordEvents,
  type UsageRecorder,
  type UsageToRecord,
} from './usage-recorder.ts';

export interface UsageRecording {
  readonly recorder: UsageRecorder;
  readonly priceList: () => Promise<PriceList>;
  readonly timeZone: string;
  readonly maxEventAgeDays: number;
  readonly nowMs: () => number;
}

/**
 * Records usage events, each once for its client, source and id; an event without an amount is rated now.
 * All are checked before the first is recorded. Throws `ProblemError` unknown_meter, amount_out_of_range or
 * time_out_of_bounds with nothing recorded; id_reused naming the events that were not recorded while the
 * others were; unavailable when the same events should be sent again. Problems point into the body,
 * where `pointerOf` says that an event is.
 */
export async function recordUsage(
  recording: UsageRecording,
  events: readonly UsageCloudEvent[],
  pointerOf: PointerOf = (index) => `/${index}`,
): Promise<UsageAnswer> {
  const nowMs = recording.nowMs();
  checkTimes(events, nowMs, recording.maxEventAgeDays, pointerOf);
  const prices = events.some((event) => event.data.amount === undefined)
    ? await orTryAgain(
        recording.priceList(),
        'The price list could not be read. Nothing was recorded; send the same events again.',
      )
    : new Map();
  const outcomes = await recordEvents(
    recording.recorder,
    toUsages(events, prices, nowMs, recording.timeZone, pointerOf),
  );
  return summarize(outcomes, pointerOf);
}

type PointerOf = (index: number) => string;

function checkTimes(
  events: readonly UsageCloudEvent[],
  nowMs: number,
  maxAgeDays: number,
  pointerOf: PointerOf,
): void {
  const issues = events.flatMap(({ time }, index): ProblemIssue[] =>
    time === undefined || isRecordable(time, nowMs, maxAgeDays)
      ? []
      : [{ pointer: `${pointerOf(index)}/time`, detail: new Date(time).toISOString() }],
  );
  if (issues.length > 0) {
    throw new ProblemError(
      'time_out_of_bounds',
      `time must lie within the last ${maxAgeDays} days. Nothing was recorded.`,
      { issues: issues.slice(0, MAX_ISSUES) },
    );
  }
}

const MAX_ISSUES = 20;

function toUsages(
  events: readonly UsageCloudEvent[],
  prices: PriceList,
  nowMs: number,
  timeZone: string,
  pointerOf: PointerOf,
): UsageToRecord[] {
  return events.map((event, index) => {
    const { id, source, subject, time, data } = event;
    const occurredAtMs = time ?? nowMs;
    return {
      kind: 'usage',
      id,
      origin: source,
      client: subject,
      ...amountOf(data, prices, pointerOf(index)),
      occurredAtMs,
      day: dayOf(occurredAtMs, timeZone),
      meter: data.meter,
      quantityMicros: data.quantity,
      fingerprint: fingerprintOf(
        subject,
        time,
        data.meter,
        data.quantity,
        data.amount,
        data.currency,
      ),
    };
  });
}

const ADVICE = {
  unknown_meter: 'Add the meter to the price list, or send an amount and a currency.',
  amount_out_of_range: 'At the price of the meter this quantity costs more than one event may.',
};

function amountOf(data: UsageCloudEvent['data'], prices: PriceList, pointer: string) {
  if (data.amount !== undefined && data.currency !== undefined) {
    return { amountMicros: data.amount, currency: data.currency };
  }
  const rating = rate(prices, data.meter, data.quantity);
  if (rating.rated) return { amountMicros: rating.amountMicros, currency: rating.currency };
  throw new ProblemError(rating.reason, `${ADVICE[rating.reason]} Nothing was recorded.`, {
    issues: [{ pointer: `${pointer}/data/meter`, detail: data.meter }],
  });
}

function summarize(outcomes: readonly RecordOutcome[], pointerOf: PointerOf): UsageAnswer {
  const count = (wanted: RecordOutcome) => outcomes.filter((outcome) => outcome === wanted).length;
  const answer = { recorded: count('recorded'), duplicates: count('repeated') };
  const reused = outcomes.flatMap((outcome, index): ProblemIssue[] =>
    outcome === 'reused'
      ? [{ pointer: `${pointerOf(index)}/id`, detail: 'used for another event' }]
      : [],
  );
  if (reused.length === 0) return answer;
  throw new ProblemError(
    'id_reused',
    `${reused.length} events were not recorded: their ids were used for other events. All others were recorded.`,
    { issues: reused.slice(0, MAX_ISSUES), data: answer },
  );
}
