import type { ProblemIssue } from '#shared/contracts/problems.ts';
import type { UsageAnswer, UsageCloudEvent } from '#shared/contracts/usage-events.ts';
import { dayOf } from '#shared/domain/billing-period.ts';
import { isRecordable } from '#shared/domain/event-time.ts';
import { type PriceList, rate } from '#shared/domain/price.ts';
import { ProblemError } from '#shared/platform/problem-error.ts';
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
 * others were; unavailable when the same events should be sent again.
 */
export async function recordUsage(
  recording: UsageRecording,
  events: readonly UsageCloudEvent[],
): Promise<UsageAnswer> {
  const nowMs = recording.nowMs();
  checkTimes(events, nowMs, recording.maxEventAgeDays);
  const prices = events.some((event) => event.data.amount === undefined)
    ? await recording.priceList()
    : new Map();
  const outcomes = await recordEvents(
    recording.recorder,
    toUsages(events, prices, nowMs, recording.timeZone),
  );
  return summarize(outcomes);
}

function checkTimes(events: readonly UsageCloudEvent[], nowMs: number, maxAgeDays: number): void {
  const issues = events.flatMap(({ time }, index): ProblemIssue[] =>
    time === undefined || isRecordable(time, nowMs, maxAgeDays)
      ? []
      : [{ pointer: `/${index}/time`, detail: new Date(time).toISOString() }],
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
): UsageToRecord[] {
  return events.map((event, index) => {
    const { id, source, subject, time, data } = event;
    const occurredAtMs = time ?? nowMs;
    return {
      request: { subject, time, data },
      event: {
        kind: 'usage',
        id,
        origin: source,
        client: subject,
        ...amountOf(data, prices, index),
        occurredAtMs,
        day: dayOf(occurredAtMs, timeZone),
        meter: data.meter,
        quantityMicros: data.quantity,
      },
    };
  });
}

function amountOf(data: UsageCloudEvent['data'], prices: PriceList, index: number) {
  if (data.amount !== undefined && data.currency !== undefined) {
    return { amountMicros: data.amount, currency: data.currency };
  }
  const rating = rate(prices, data.meter, data.quantity);
  if (rating.rated) return { amountMicros: rating.amountMicros, currency: rating.currency };
  throw new ProblemError(
    rating.reason,
    `Add ${data.meter} to the price list, or send an amount and a currency. Nothing was recorded.`,
    { issues: [{ pointer: `/${index}/data/meter`, detail: data.meter }] },
  );
}

function summarize(outcomes: readonly RecordOutcome[]): UsageAnswer {
  const count = (wanted: RecordOutcome) => outcomes.filter((outcome) => outcome === wanted).length;
  const answer = { recorded: count('recorded'), duplicates: count('repeated') };
  const reused = outcomes.flatMap((outcome, index): ProblemIssue[] =>
    outcome === 'reused' ? [{ pointer: `/${index}/id`, detail: 'used for another event' }] : [],
  );
  if (reused.length === 0) return answer;
  throw new ProblemError(
    'id_reused',
    `${reused.length} events were not recorded: their ids were used for other events. All others were recorded.`,
    { issues: reused.slice(0, MAX_ISSUES), data: answer },
  );
}
