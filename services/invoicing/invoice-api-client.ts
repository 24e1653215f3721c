import * as http from 'node:http';
import * as https from 'node:https';
import type { Socket } from 'node:net';
import { InvoiceStatus, type InvoiceSubmission } from '#shared/contracts/invoice-api.ts';
import type { Answer } from '#shared/domain/invoice.ts';

/** What invoicing needs of an invoice API. Every failure is an answer; nothing is thrown. */
export interface InvoiceApi {
  /** The longest that a call takes. */
  readonly timeoutMs: number;
  /** Hands an invoice over. The same invoice again must not become a second one. */
  submit(invoice: InvoiceSubmission, onSent?: OnSent): Promise<Answer>;
  /**
   * Asks what became of an invoice. Changes nothing. Where the answer decides whether it is sent again (`inDoubt`), it
   * must not be one that belongs to an earlier request.
   */
  lookUp(id: string, onSent?: OnSent, inDoubt?: boolean): Promise<Answer>;
}

/** Is called when the request has left, which on a new connection is some round trips after the call. */
export type OnSent = (isOnNewConnection: boolean) => void;

export interface InvoiceApiSettings {
  /** The address before `/invoices`. */
  readonly url: string;
  /** The Authorization header, whole; empty for none. */
  readonly authorization?: string;
  readonly timeoutMs: number;
}

/** The longest Retry-After that is kept to, so that a mistake in it does not stop sending for good. */
export const MAX_RETRY_AFTER_MS = 3_600_000;
const DEFAULT_RETRY_AFTER_MS = 1_000;
/** An API may answer with the whole invoice. What is a failure is only read for its words. */
const MAX_BODY_BYTES = 4_194_304;
const MAX_FAILURE_BYTES = 65_536;
const MAX_DETAIL = 300;

/** The generic HTTP contract: see shared/contracts/invoice-api.ts. */
export function createHttpInvoiceApi(settings: InvoiceApiSettings): InvoiceApi {
  const authorization: Record<string, string> = settings.authorization
    ? { authorization: settings.authorization }
    : {};
  const invoicesUrl = `${settings.url.replace(/\/+$/, '')}/invoices`;

  const connections = keptConnections(invoicesUrl);

  async function call(
    url: string,
    id: string,
    { onSent = () => {}, isOnNewConnection = false, ...request }: OutgoingRequest,
    read: (reply: Reply, id: string) => Answer,
  ): Promise<Answer> {
    const signal = AbortSignal.timeout(settings.timeoutMs);
    try {
      const { method, headers, body } = request;
      const response = await connections.send(
        url,
        { method, headers, signal, ...(isOnNewConnection && { agent: false }) },
        body,
        onSent,
      );
      const text = await readText(response);
      return read({ status: response.statusCode ?? 0, headers: response.headers, body: text }, id);
    } catch (error) {
      const detail = signal.aborted
        ? `no answer within ${settings.timeoutMs} ms`
        : describeFailure(error);
      return { type: 'no_answer', detail };
    }
  }

  return {
    timeoutMs: settings.timeoutMs,

    submit: (invoice, onSent) => {
      const body = JSON.stringify(invoice);
      const headers = {
        ...authorization,
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
        'idempotency-key': invoice.id,
      };
      const request = { method: 'POST', headers, body, ...(onSent && { onSent }) };
      return call(invoicesUrl, invoice.id, request, afterSubmission);
    },

    lookUp: (id, onSent, inDoubt = false) => {
      const request = {
        ...{ method: 'GET', headers: authorization, isOnNewConnection: inDoubt },
        ...(onSent && { onSent }),
      };
      return call(`${invoicesUrl}/${encodeURIComponent(id)}`, id, request, afterLookUp);
    },
  };
}

interface OutgoingRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly onSent?: OnSent;
  /**
   * An API that answers a request twice leaves the second answer on the connection, where it is taken for that to the next
   * request. A status tells whose it is; a 404 does not.
   */
  readonly isOnNewConnection?: boolean;
}

function hangUp(this: Socket): void {
  this.destroy();
}

/** Nobody knows whether a connection still stands that was not used for so long, as while a Lambda was frozen. */
const STALE_MS = 20_000;

/**
 * Requests over connections that are kept: a permit is for now, and a new connection takes some round trips. By
 * node:http and not fetch, which does not tell when a request has left.
 */
function keptConnections(baseUrl: string) {
  const { Agent, request } = baseUrl.startsWith('https:') ? https : http;
  const connect = () => {
    const fresh = new Agent({ keepAlive: true });
    // What comes while nothing is asked belongs to no request.
    fresh.on('free', (socket: Socket) => socket.on('data', hangUp));
    return fresh;
  };
  let agent = connect();
  let usedAtMs = Date.now();
  let underWay = 0;

  function currentAgent() {
    if (underWay === 0 && Math.abs(Date.now() - usedAtMs) > STALE_MS) {
      agent.destroy();
      agent = connect();
    }
    return agent;
  }

  return {
    /** Resolves with the head of the response. */
    send(
      url: string,
      options: http.RequestOptions,
      body: string | undefined,
      onSent: OnSent,
    ): Promise<http.IncomingMessage> {
      return new Promise<http.IncomingMessage>((resolve, reject) => {
        const outgoing = request(url, { agent: currentAgent(), ...options }, (response) => {
          // Such an answer names no invoice: a second copy of it would pass for that to the next request.
          if (!isSuccess(response.statusCode ?? 0)) outgoing.shouldKeepAlive = false;
          resolve(response);
        });
        outgoing.once('socket', (socket) => socket.off('data', hangUp));
        underWay += 1;
        outgoing.once('close', () => {
          underWay -= 1;
          usedAtMs = Date.now();
        });
        outgoing.once('finish', () => onSent(!outgoing.reusedSocket));
        // Also what comes when the response has begun, where its reader is told of it, too.
        outgoing.on('error', reject);
        outgoing.end(body);
      });
    },
  };
}

interface Reply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** Statuses by which an API says that this invoice will never do, and that it holds nothing of it. */
const REFUSALS = [400, 413, 422];
/** Of those that look like our fault: it may hold the invoice, or still be working on it. They leave it open. */
const OPEN = [408, 409, 425];

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function afterSubmission(reply: Reply, id: string): Answer {
  if (reply.status === 200 || reply.status === 201 || reply.status === 202) {
    return readStatus(reply, id);
  }
  if (REFUSALS.includes(reply.status)) return { type: 'refused', detail: detailOf(reply) };
  return afterFailure(reply);
}

function afterLookUp(reply: Reply, id: string): Answer {
  if (reply.status === 200) return readStatus(reply, id);
  // A web page in place of an answer comes from a proxy or a wrong address, not from an API that looked.
  const isPage = reply.headers['content-type']?.startsWith('text/html') ?? false;
  if (reply.status === 404 && !isPage) return { type: 'absent' };
  return afterFailure(reply);
}

function afterFailure(reply: Reply): Answer {
  const retryAfterMs = readRetryAfter(reply.headers);
  if (reply.status === 429) {
    return { type: 'throttled', retryAfterMs: retryAfterMs ?? DEFAULT_RETRY_AFTER_MS };
  }
  const detail = detailOf(reply);
  const isDenied = reply.status >= 300 && reply.status < 500 && !OPEN.includes(reply.status);
  if (isDenied) return { type: 'denied', detail };
  return { type: 'no_answer', detail, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

function readStatus(reply: Reply, id: string): Answer {
  const status = InvoiceStatus.safeParse(parseJson(reply.body)).data;
  if (!status || status.id !== id) {
    return {
      type: 'no_answer',
      detail: bounded(`${reply.status} with no status of this invoice: ${reply.body}`),
    };
  }
  switch (status.status) {
    case 'processing':
      return { type: 'taken' };
    case 'accepted':
      return { type: 'accepted' };
    case 'rejected':
      return { type: 'rejected', detail: bounded(status.reason ?? 'no reason given') };
  }
}

/** Seconds or an HTTP date (RFC 9110, 10.2.3), the latter against the clock of the API itself where it tells it. */
function readRetryAfter(headers: http.IncomingHttpHeaders): number | undefined {
  const text = headers['retry-after']?.trim();
  if (!text) return undefined;
  const nowMs = Date.parse(headers.date ?? '') || Date.now();
  const isDate = /^[A-Z][a-z]{2,8},? /.test(text);
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  const waitMs = isDate ? Date.parse(text) - nowMs : seconds * 1_000;
  if (Number.isNaN(waitMs)) return undefined;
  return Math.min(Math.max(waitMs, 0), MAX_RETRY_AFTER_MS);
}

/** The API's own words, where it has any that a person can use. */
function detailOf({ status, body }: Reply): string {
  const json = parseJson(body) as Record<string, unknown> | null | undefined;
  const words = [json?.detail, json?.message, json?.reason, json?.title, json?.error].find(
    (text) => typeof text === 'string' && text !== '',
  );
  return bounded(`${status}: ${words ?? (body.trim() || 'no body')}`);
}

function bounded(text: string): string {
  return text.length <= MAX_DETAIL ? text : `${text.slice(0, MAX_DETAIL - 1)}…`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The body up to its bound; the connection of a longer one is given up. */
async function readText(response: http.IncomingMessage): Promise<string> {
  const maxBytes = isSuccess(response.statusCode ?? 0) ? MAX_BODY_BYTES : MAX_FAILURE_BYTES;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes >= maxBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8');
}

function describeFailure(error: unknown): string {
  const { code, message } = error as Error & { code?: string };
  return bounded(code ?? message);
}
