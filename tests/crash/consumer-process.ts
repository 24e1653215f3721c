import {
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { consumeMessage } from '#services/aggregation/consume-message.ts';
import { wireConsuming } from '#services/aggregation/wiring.ts';
import { playRole } from './role-process.ts';
import { hookAws } from './steps.ts';

/** Does what the service does between the queue and the function: receives, hands over, deletes what was consumed. */
await playRole(async () => {
  const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });
  const QueueUrl = process.env.CONSUMPTION_QUEUE_URL;
  const consuming = wireConsuming();
  hookAws(sqs);
  hookAws(consuming.ledger.dynamo);

  const consume = async ({ Body, ReceiptHandle }: Message) => {
    await consumeMessage(consuming, Body as string);
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  };

  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
    );
    // What fails comes again, once nobody has it any more.
    await Promise.allSettled(Messages.map(consume));
  }
});
