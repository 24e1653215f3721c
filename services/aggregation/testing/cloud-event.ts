import { UsageCloudEvent } from '#shared/contracts/usage-events.ts';

/** The time that tests record at. */
export const NOW_MS = Date.parse('2026-11-10T12:00:00Z');

type Changes = { readonly data?: object } & Readonly<Record<string, unknown>>;

/** A CloudEvent as it is sent. */
export function sentEvent({ data, ...changes }: Changes = {}) {
  return {
    specversion: '1.0',
    id: 'e-1',
    source: '/app',
    type: 'com.example.usage',
    subject: 'acme',
    time: '2026-11-09T08:00:00Z',
    ...changes,
    data: { meter: 'sms', quantity: '2', ...data },
  };
}

/** A CloudEvent as its contract reads it. */
export function cloudEvent(changes: Changes = {}): UsageCloudEvent {
  return UsageCloudEvent.parse(sentEvent(changes));
}
