import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { emitMetrics, log } from '#shared/platform/log.ts';
import { consumeMessage } from '../consume-message.ts';
import { wireConsuming } from '../wiring.ts';

const processor = new BatchProcessor(EventType.SQS);

async function consumeRecord(record: SQSRecord): Promise<void> {
  const receives = Number(record.attributes.ApproximateReceiveCount);
  try {
    const consumption = await consumeMessage(wireConsuming(), record.body);
    log.info('batch', { messageId: record.messageId, receives, ...consumption });
    if (consumption.type === 'kept') emitMetrics({ events: consumption.events });
    else emitMetrics({ quarantined: 1 });
  } catch (error) {
    log.error('batch', { messageId: record.messageId, receives, error: error as Error });
    throw error;
  }
}

export function handler(event: SQSEvent) {
  return processPartialResponse(event, consumeRecord, processor, {
    throwOnFullBatchFailure: false,
  });
}
