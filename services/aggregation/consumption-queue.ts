import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { QueueDepth } from '#shared/contracts/dead-letters.ts';

/** The consumption queue and its dead letters. */
export interface ConsumptionQueue {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
}

export const CONSUMPTION = 'consumption';

/** As SQS counts them. A dead letter that somebody looks at is hidden meanwhile, and counted all the same. */
export async function readDepth({
  sqs,
  queueUrl,
  deadLetterQueueUrl,
}: ConsumptionQueue): Promise<QueueDepth> {
  const [queue, deadLetters] = await Promise.all([
    countMessages(sqs, queueUrl),
    countMessages(sqs, deadLetterQueueUrl),
  ]);
  return {
    name: CONSUMPTION,
    waiting: queue.visible,
    inFlight: queue.hidden,
    deadLetters: deadLetters.visible + deadLetters.hidden,
  };
}

export async function countMessages(sqs: SQSClient, queueUrl: string) {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  );
  return {
    visible: Number(Attributes?.ApproximateNumberOfMessages ?? 0),
    hidden: Number(Attributes?.ApproximateNumberOfMessagesNotVisible ?? 0),
  };
}
