import type {
  APIGatewayProxyEventV2WithLambdaAuthorizer,
  APIGatewayProxyStructuredResultV2,
} from 'aws-lambda';
import * as z from 'zod/mini';
import type { Scope } from '#shared/contracts/api-keys.ts';
import * as field from '#shared/contracts/fields.ts';
import { messageOf } from './issue-message.ts';
import { ProblemError } from './problem-error.ts';
import { type RequestLine, writeRequestLine } from './request-line.ts';

export type HttpRequest = APIGatewayProxyEventV2WithLambdaAuthorizer<{
  keyId?: string;
  scopes?: string;
}>;
export type HttpResponse = APIGatewayProxyStructuredResultV2;

interface Route {
  /** What an API key must be allowed to do here; `any` for routes open to every key, `none` for those that need no key. */
  readonly scope: Scope | 'any' | 'none';
}

/**
 * Makes a handler of an HTTP API (payload format 2.0): checks the scope, maps `ProblemError` to
 * application/problem+json, and writes one log line per request. Nothing a request does makes it throw.
 */
export function httpHandler(
  route: Route,
  respond: (request: HttpRequest) => Promise<HttpResponse>,
): (request: HttpRequest) => Promise<HttpResponse> {
  return async (request) => {
    const startedAt = performance.now();
    let response: HttpResponse;
    let failure: Failure | undefined;
    try {
      checkScope(route.scope, request);
      response = await respond(request);
    } catch (error) {
      failure = describe(error);
      response = toProblemResponse(error);
    }
    report(request, response, performance.now() - startedAt, failure);
    return response;
  };
}

function checkScope(scope: Route['scope'], request: HttpRequest): void {
  if (scope === 'none') return;
  const granted = (request.requestContext.authorizer?.lambda?.scopes ?? '').split(' ');
  if (scope === 'any' ? granted[0] === '' : !granted.includes(scope)) {
    throw new ProblemError('scope_missing', `Use an API key that has the scope "${scope}".`);
  }
}

function toProblemResponse(error: unknown): HttpResponse {
  const problem =
    error instanceof ProblemError
      ? error
      : new ProblemError(
          'internal',
          'Try again later; the request id in the answer finds the log line.',
        );
  const { retryAfterSeconds } = problem.extras;
  const body = problem.toProblem();
  return {
    statusCode: body.status,
    headers: {
      'content-type': 'application/problem+json',
      ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
    },
    body: JSON.stringify(body),
  };
}

function report(
  request: HttpRequest,
  response: HttpResponse,
  latencyMs: number,
  failure: Failure = {},
) {
  const { routeKey, requestContext } = request;
  writeRequestLine({
    route: routeKey,
    status: response.statusCode ?? 200,
    latencyMs: Math.round(latencyMs * 1000) / 1000,
    requestId: requestContext.requestId,
    keyId: requestContext.authorizer?.lambda?.keyId,
    ...failure,
  });
}

/** Who asks, by the id of the API key: for what is noted beside a change. */
export function keyIdOf({ requestContext }: HttpRequest): string {
  return requestContext.authorizer?.lambda?.keyId ?? 'unknown';
}

type Failure = Pick<RequestLine, 'code' | 'detail' | 'cause' | 'error'>;

function describe(error: unknown): Failure {
  if (!(error instanceof ProblemError)) return { error };
  const { code, message, cause } = error;
  return { code, detail: message, cause: (cause as Error | undefined)?.message };
}

export function json(
  statusCode: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return {
    statusCode,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}

const JSON_TYPES = /^application\/(json|cloudevents\+json|cloudevents-batch\+json)\s*(;|$)/i;

/** Reads the body as JSON of the given contract. Throws `ProblemError` with a pointer to each thing that breaks it. */
export function parseBody<T extends z.ZodMiniType>(
  request: HttpRequest,
  schema: T,
  maxBytes = 16_384,
): z.infer<T> {
  const contentType = request.headers['content-type'];
  if (contentType !== undefined && !JSON_TYPES.test(contentType)) {
    throw new ProblemError('unsupported_media_type', 'Send application/json.');
  }
  const body = request.isBase64Encoded
    ? Buffer.from(request.body ?? '', 'base64').toString('utf8')
    : (request.body ?? '');
  if (Buffer.byteLength(body) > maxBytes) {
    throw new ProblemError('body_too_large', `Send at most ${maxBytes} bytes.`);
  }
  return parseWith(schema, parseJson(body));
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new ProblemError('malformed_json', 'Send one JSON value in UTF-8.');
  }
}

const MAX_ISSUES = 20;

/** Without a language, a wrong type is said to be an "invalid input" and no more. */
const ENGLISH = { error: messageOf };

function parseWith<T extends z.ZodMiniType>(schema: T, value: unknown): z.infer<T> {
  const result = z.safeParse(schema, value, ENGLISH);
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, MAX_ISSUES).map((issue) => ({
    pointer: issue.path
      .map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`)
      .join(''),
    detail: 'keys' in issue ? `has unknown fields: ${issue.keys.join(', ')}` : issue.message,
  }));
  throw new ProblemError('invalid_body', 'Correct what the issues name; nothing was changed.', {
    issues,
  });
}

/** A parameter of the path or the query, read by a contract. Throws `ProblemError` invalid_parameter. */
export function parseParameter<T extends z.ZodMiniType>(
  name: string,
  value: string | undefined,
  schema: T,
): z.infer<T> {
  const result = z.safeParse(schema, value, ENGLISH);
  if (result.success) return result.data;
  throw new ProblemError('invalid_parameter', `${name} ${result.error.issues[0]?.message}.`);
}

/** The id of a request that must take effect once: from the body or the Idempotency-Key header. Throws `ProblemError` id_required. */
export function requestId(request: HttpRequest, bodyId: string | undefined): string {
  const headerId = request.headers['idempotency-key'];
  if (bodyId !== undefined && headerId !== undefined && bodyId !== headerId) {
    throw new ProblemError('id_required', 'id and Idempotency-Key differ; send one of them.');
  }
  const given = bodyId ?? headerId;
  if (given === undefined) {
    throw new ProblemError(
      'id_required',
      'Send an id of your own in the body or as Idempotency-Key, the same one when you try again.',
    );
  }
  return parseParameter('Idempotency-Key', given, field.id);
}
