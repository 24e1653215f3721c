import {
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { type ConsumptionQueue, countMessages } from './consumption-queue.ts';

const PAGE = 10;

/**
 * Sends the dead letters that are there now to the queue they came from, up to `max` and until `isTimeUp`, and then deletes them. Killed in
 * between, a message is in both queues, which is harmless: a batch may be consumed any number of times. Returns how many were sent.
 */
export async function redriveDeadLetters(
  { sqs, queueUrl, deadLetterQueueUrl }: ConsumptionQueue,
  max: number,
  isTimeUp: () => boolean = () => false,
): Promise<number> {
  // One that is no better than before comes back while we are at it.
  const { visible } = await countMessages(sqs, deadLetterQueueUrl);
  const bound = Math.min(max, visible);
  let redriven = 0;
  while (redriven < bound && !isTimeUp()) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: deadLetterQueueUrl,
        MaxNumberOfMessages: Math.min(PAGE, bound - redriven),
        // Long polling asks all servers of the queue; a short poll may miss messages that are there.
        WaitTimeSeconds: 1,
      }),
    );
    if (Messages.length === 0) break;
    for (const { Body, ReceiptHandle } of Messages) {
      await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: Body }));
      await sqs.send(new DeleteMessageCommand({ QueueUrl: deadLetterQueueUrl, ReceiptHandle }));
      redriven += 1;
    }
  }
  return redriven;
}
