import {
  DeleteMessageCommand,
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
 * Sends dead letters to the queue they came from, up to `max`, and then deletes them. Killed in between, a message
 * is in both queues, which is harmless: a batch may be consumed any number of times. Returns how many were sent.
 */
export async function redriveDeadLetters(letters: DeadLetters, max: number): Promise<number> {
  let redriven = 0;
  while (redriven < max) {
    const { Messages = [] } = await letters.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: letters.deadLetterQueueUrl,
        MaxNumberOfMessages: Math.min(PAGE, max - redriven),
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
