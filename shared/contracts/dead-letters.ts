import * as z from 'zod/mini';

/** A queue and its dead letters, as SQS counts them (approximately). */
export const QueueDepth = z.strictObject({
  name: z.string(),
  waiting: z.number(),
  inFlight: z.number(),
  deadLetters: z.number(),
});
export type QueueDepth = z.infer<typeof QueueDepth>;

export const QueueList = z.strictObject({
  asOf: z.string(),
  queues: z.array(QueueDepth),
  /** Entries that the relay has not handed over to the queue yet. */
  outboxEntries: z.number(),
});
export type QueueList = z.infer<typeof QueueList>;

export const DeadLetter = z.strictObject({
  id: z.string(),
  queue: z.string(),
  sentAt: z.string(),
  /** `not_json`, `breaks_contract`, `batch_conflict`, or `gave_up` where every try failed. */
  reason: z.string(),
  detail: z.optional(z.string()),
  bytes: z.number(),
  /** Of a batch that can be read. */
  batch: z.optional(z.strictObject({ id: z.string(), shard: z.number(), events: z.number() })),
  /** The beginning of its body. */
  preview: z.string(),
});
export type DeadLetter = z.infer<typeof DeadLetter>;

/** Some of the dead letters: a queue has no order and no pages. */
export const DeadLetterList = z.strictObject({
  letters: z.array(DeadLetter),
  /** How many there are in all, approximately. */
  count: z.number(),
});
export type DeadLetterList = z.infer<typeof DeadLetterList>;

export const RedriveAnswer = z.strictObject({ redriven: z.number() });
export type RedriveAnswer = z.infer<typeof RedriveAnswer>;
