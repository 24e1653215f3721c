import { randomUUID } from 'node:crypto';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { createOwnTable } from '#shared/testing/own-table.ts';

/** The queues and tables of one run, and what its processes are told of them. */
export async function startCloud() {
  const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });
  const createQueue = async (name: string) => {
    const { QueueUrl } = await sqs.send(
      new CreateQueueCommand({
        QueueName: `test-crash-${name}-${randomUUID()}`,
        // What a killed consumer had comes again soon.
        Attributes: { VisibilityTimeout: '1', MaximumMessageSize: '262144' },
      }),
    );
    return QueueUrl as string;
  };
  const [queueUrl, deadLetterQueueUrl, usage, ledger, entries] = await Promise.all([
    createQueue('consumption'),
    createQueue('dead-letters'),
    createOwnTable('usage'),
    createOwnTable('ledger'),
    createOwnTable('entries'),
  ]);

  const depthOf = async (QueueUrl: string): Promise<number> => {
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
    );
    return (
      Number(Attributes.ApproximateNumberOfMessages) +
      Number(Attributes.ApproximateNumberOfMessagesNotVisible)
    );
  };

  return {
    sqs,
    usage,
    ledger,
    entries,
    environment: {
      CONSUMPTION_QUEUE_URL: queueUrl,
      CONSUMPTION_DLQ_URL: deadLetterQueueUrl,
      USAGE_TABLE: usage.table,
      LEDGER_TABLE: ledger.table,
      ENTRIES_TABLE: entries.table,
    },
    depth: () => depthOf(queueUrl),
    deadLetters: () => depthOf(deadLetterQueueUrl),
    async stop() {
      await Promise.all([
        ...[queueUrl, deadLetterQueueUrl].map((QueueUrl) =>
          sqs.send(new DeleteQueueCommand({ QueueUrl })),
        ),
        ...[usage, ledger, entries].map((table) => table.remove()),
      ]);
      sqs.destroy();
    },
  };
}

export type Cloud = Awaited<ReturnType<typeof startCloud>>;
