import {
  ChangeMessageVisibilityCommand,
  type Message,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';
import type { DeadLetter, DeadLetterList } from '#shared/contracts/dead-letters.ts';
import { CONSUMPTION, type ConsumptionQueue, countMessages } from './consumption-queue.ts';

/** Messages of up to 256 KiB each are read whole. */
const MAX_LETTERS = 50;
const PAGE = 10;
const HIDDEN_SECONDS = 10;
const PREVIEW = 500;

/**
 * Looks at some of the dead letters, and leaves them where they are: SQS lets nobody read a message without hiding it from
 * others, so each is received, and shown again once all have been read; were this to die before, after ten seconds. What a
 * look has in hand, a redrive at the same time does not find, nor does another look: both find less than there is, and nothing is lost. Ask again.
 */
export async function listDeadLetters(queue: ConsumptionQueue): Promise<DeadLetterList> {
  const { visible, hidden } = await countMessages(queue.sqs, queue.deadLetterQueueUrl);
  const messages: Message[] = [];
  try {
    const bound = Math.min(visible, MAX_LETTERS);
    while (messages.length < bound) {
      const page = await receive(queue, Math.min(PAGE, bound - messages.length));
      if (page.length === 0) break;
      messages.push(...page);
    }
  } finally {
    await showAgain(queue, messages);
  }
  const letters = messages.map(describe).sort((a, b) => (a.sentAt < b.sentAt ? -1 : 1));
  return { letters, count: Math.max(visible + hidden, letters.length) };
}

async function receive({ sqs, deadLetterQueueUrl }: ConsumptionQueue, max: number) {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: deadLetterQueueUrl,
      MaxNumberOfMessages: max,
      VisibilityTimeout: HIDDEN_SECONDS,
      MessageAttributeNames: ['reason', 'detail'],
      MessageSystemAttributeNames: ['SentTimestamp'],
      // Long polling asks all servers of the queue; a short poll may miss messages that are there.
      WaitTimeSeconds: 1,
    }),
  );
  return Messages;
}

async function showAgain({ sqs, deadLetterQueueUrl }: ConsumptionQueue, messages: Message[]) {
  await Promise.all(
    messages.map(({ ReceiptHandle }) =>
      sqs.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: deadLetterQueueUrl,
          ReceiptHandle,
          VisibilityTimeout: 0,
        }),
      ),
    ),
  );
}

function describe({
  MessageId = '',
  Body = '',
  Attributes,
  MessageAttributes,
}: Message): DeadLetter {
  const detail = MessageAttributes?.detail?.StringValue;
  const batch = readBatch(Body);
  return {
    id: MessageId,
    queue: CONSUMPTION,
    sentAt: new Date(Number(Attributes?.SentTimestamp ?? 0)).toISOString(),
    // SQS itself puts aside what was received too often, and says nothing.
    reason: MessageAttributes?.reason?.StringValue ?? 'gave_up',
    ...(detail !== undefined && { detail }),
    bytes: Buffer.byteLength(Body),
    ...(batch && { batch: { id: batch.batch, shard: batch.shard, events: batch.events.length } }),
    preview: Body.slice(0, PREVIEW).toWellFormed(),
  };
}

/** A batch as far as it can be recognized: what breaks the contract may still say which one it is. */
const Envelope = z.object({ batch: z.string(), shard: z.int(), events: z.array(z.unknown()) });

function readBatch(body: string): z.infer<typeof Envelope> | undefined {
  try {
    return z.safeParse(Envelope, JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}
