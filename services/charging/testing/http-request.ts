import type { HttpRequest } from '#shared/platform/http.ts';
import * as shared from '#shared/testing/http-request.ts';

export { bodyOf } from '#shared/testing/http-request.ts';

export interface RequestParts extends Omit<shared.RequestParts, 'path'> {
  readonly client?: string;
}

/** A request about a client; as JSON, with a key for all of charging, unless said otherwise. */
export function httpRequest({ client, headers, ...parts }: RequestParts): HttpRequest {
  return shared.httpRequest({
    scopes: 'charge operate',
    ...parts,
    headers: { 'content-type': 'application/json', ...headers },
    ...(client !== undefined && { path: { client } }),
  });
}

/** What the functions of charging find in their environment. */
export function setEnvironment(redisUrl: string, redisTimeoutMs = 5_000): void {
  Object.assign(process.env, {
    REDIS_URL: redisUrl,
    REDIS_CLUSTER: 'false',
    REDIS_TIMEOUT_MS: String(redisTimeoutMs),
    SHARDS: '4',
    BILLING_TIME_ZONE: 'UTC',
    MAX_EVENT_AGE_DAYS: '62',
    RECEIPT_WINDOW_HOURS: '24',
    DURABILITY: 'at_once',
  });
}
