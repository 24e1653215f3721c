import type { HttpRequest, HttpResponse } from '#shared/platform/http.ts';

export interface RequestParts {
  readonly headers?: Readonly<Record<string, string>>;
  /** Anything but a string is sent as its JSON. */
  readonly body?: unknown;
  readonly isBase64Encoded?: boolean;
  readonly client?: string;
  readonly scopes?: string;
}

/** A request as the HTTP API hands it on: header names in lower case, the answer of the authorizer within. */
export function httpRequest(parts: RequestParts): HttpRequest {
  const { headers = {}, body, isBase64Encoded = false, client, scopes = 'charge operate' } = parts;
  const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
  return {
    version: '2.0',
    routeKey: 'POST /v1/test',
    headers: { 'content-type': 'application/json', ...headers },
    ...(text !== undefined && {
      body: isBase64Encoded ? Buffer.from(text).toString('base64') : text,
    }),
    isBase64Encoded,
    ...(client !== undefined && { pathParameters: { client } }),
    requestContext: { requestId: 'r1', authorizer: { lambda: { keyId: 'k1', scopes } } },
  } as unknown as HttpRequest;
}

export const bodyOf = (response: HttpResponse) => JSON.parse(response.body ?? '');

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
