import type { HttpRequest, HttpResponse } from '#shared/platform/http.ts';

export interface RequestParts {
  readonly routeKey?: string;
  /** Of the path, by its names in the route. */
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Anything but a string is sent as its JSON, and by default is said to be that. */
  readonly body?: unknown;
  readonly isBase64Encoded?: boolean;
  readonly scopes?: string;
}

/** A request as the HTTP API hands it on: header names in lower case, the answer of the authorizer within. */
export function httpRequest(parts: RequestParts = {}): HttpRequest {
  const { routeKey = 'POST /v1/test', path, query, body, isBase64Encoded = false } = parts;
  const { scopes = 'operate' } = parts;
  const headers: RequestParts['headers'] =
    parts.headers ?? (body === undefined ? {} : { 'content-type': 'application/json' });
  const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
  return {
    version: '2.0',
    routeKey,
    headers,
    ...(path && { pathParameters: path }),
    ...(query && { queryStringParameters: query }),
    ...(text !== undefined && {
      body: isBase64Encoded ? Buffer.from(text).toString('base64') : text,
    }),
    isBase64Encoded,
    requestContext: { requestId: 'r1', authorizer: { lambda: { keyId: 'k1', scopes } } },
  } as unknown as HttpRequest;
}

export const bodyOf = (response: HttpResponse) => JSON.parse(response.body ?? '');
