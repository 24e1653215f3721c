import {
  DeleteMessageCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { beforeAll, expect, test } from '@jest/globals';
import { readLocalEnvironment } from '#localstack/environment.ts';
import { connectCloud, until } from '#localstack/run/cloud.ts';

const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });
let queueUrl: string;
let deadLetterUrl: string;

beforeAll(async () => {
  const urlOf = async (name: string) =>
    (await sqs.send(new GetQueueUrlCommand({ QueueName: name }))).QueueUrl as string;
  queueUrl = await urlOf('tollgate-local-consumption');
  deadLetterUrl = await urlOf('tollgate-local-consumption-dlq');
});

test.each([
  ['not JSON', 'poison', 'not_json'],
  [
    'not a batch',
    '{"batch":"01K0000000000000000000000A","shard":1,"events":[]}',
    'breaks_contract',
  ],
])(
  'a message that is %s is put aside unchanged, with its reason',
  async (_name, start, reason) => {
    const body = start.startsWith('{') ? start : `${start} ${Math.random()}`;
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body }));
    let found: Record<string, string | undefined> = {};
    await until('the dead letter', 20_000, async () => {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: deadLetterUrl,
          MessageAttributeNames: ['All'],
          WaitTimeSeconds: 1,
        }),
      );
      for (const { Body, MessageAttributes, ReceiptHandle } of Messages) {
        if (Body !== body) continue;
        found = { reason: MessageAttributes?.reason?.StringValue };
        await sqs.send(new DeleteMessageCommand({ QueueUrl: deadLetterUrl, ReceiptHandle }));
      }
      return found.reason !== undefined;
    });
    expect(found).toEqual({ reason });
  },
  30_000,
);

test('dead letters go back to their queue when an operator says so', async () => {
  const body = `redriven ${Math.random()}`;
  await sqs.send(new SendMessageCommand({ QueueUrl: deadLetterUrl, MessageBody: body }));
  const cloud = connectCloud(readLocalEnvironment());
  const { redriven } = await cloud.invoke<{ redriven: number }>('redrive-dead-letters', {});
  expect(redriven).toBeGreaterThanOrEqual(1);
  // It is no better than before, so it comes back, now with its reason.
  await until('the return of the dead letter', 20_000, async () => {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: deadLetterUrl,
        MessageAttributeNames: ['All'],
        WaitTimeSeconds: 1,
      }),
    );
    const found = Messages.find(({ Body }) => Body === body);
    if (!found) return false;
    await sqs.send(
      new DeleteMessageCommand({
        QueueUrl: deadLetterUrl,
        ReceiptHandle: found.ReceiptHandle,
      }),
    );
    return found.MessageAttributes?.reason?.StringValue === 'not_json';
  });
}, 30_000);
