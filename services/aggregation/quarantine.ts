import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';

export interface Quarantine {
  readonly sqs: SQSClient;
  readonly deadLetterQueueUrl: string;
}

/** Why a message can never be consumed as it is. */
export type QuarantineReason = 'not_json' | 'breaks_contract' | 'batch_conflict';

const MAX_DETAIL = 1_000;

/** Puts a message aside in the dead-letter queue, unchanged, with its reason beside it. */
export async function quarantine(
  { sqs, deadLetterQueueUrl }: Quarantine,
  body: string,
  reason: QuarantineReason,
  detail: string,
): Promise<void> {
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: deadLetterQueueUrl,
      MessageBody: body,
      MessageAttributes: {
        reason: { DataType: 'String', StringValue: reason },
        detail: { DataType: 'String', StringValue: toAttribute(detail) || reason },
      },
    }),
  );
}

/** SQS refuses attributes with any other character, and a detail may quote what the message holds. */
const UNSENDABLE = /[^\t\n\r -\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

function toAttribute(detail: string): string {
  return detail.slice(0, MAX_DETAIL).replaceAll(UNSENDABLE, '\uFFFD');
}
