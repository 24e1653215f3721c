import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';

export interface DeadLetters {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
}

const PAGE = 10;

/**
 * Sends the dead letters that are there now to the queue they came from, up to `max`, and then deletes them. Killed in between, a message
 * is in both queues, which is harmless: a batch may be consumed any number of times. Returns how many were sent.
 */
export async function redriveDeadLetters(letters: DeadLetters, max: number): Promise<number> {
  // One that is no better than before comes back while we are at it.
  const bound = Math.min(max, await countMessages(letters));
  let redriven = 0;
  while (redriven < bound) {
    const { Messages = [] } = await letters.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: letters.deadLetterQueueUrl,
        MaxNumberOfMessages: Math.min(PAGE, bound - redriven),
        // Long polling asks all servers of the queue; a short poll may miss messages that are there.
        WaitTimeSeconds: 1,
      }),
    );
    if (Messages.length === 0) break;
    for (const { Body, ReceiptHandle } of Messages) {
      await letters.sqs.send(
        new SendMessageCommand({ QueueUrl: letters.queueUrl, MessageBody: Body }),
      );
      await letters.sqs.send(
        new DeleteMessageCommand({ QueueUrl: letters.deadLetterQueueUrl, ReceiptHandle }),
      );
      redriven += 1;
    }
  }
  return redriven;
}

async function countMessages({ sqs, deadLetterQueueUrl }: DeadLetters): Promise<number> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: deadLetterQueueUrl,
      AttributeNames: ['ApproximateNumberOfMessages'],
    }),
  );
  return Number(Attributes?.ApproximateNumberOfMessages ?? 0);
}
