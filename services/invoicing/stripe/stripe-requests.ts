import Stripe from 'stripe';
import { noAnswer } from './stripe-answer.ts';

export interface StripeSettings {
  readonly secretKey: string;
  /** Where Stripe is, for tests. */
  readonly url?: string;
  /** The longest that a call takes, with all its requests. */
  readonly timeoutMs: number;
  /** Waits for the turn of one request; false where it does not come within so many milliseconds. */
  readonly pace: (withinMs: number) => Promise<boolean>;
}

/** Sends the requests of one call, one after another: each in its turn, and all within the time of the call. */
export type SendRequest = <T>(
  request: (stripe: Stripe, options: { readonly timeout: number }) => Promise<T>,
) => Promise<T>;

/** The client waits for ever on an answer that is JSON and no object, as from some proxy; this way it is no JSON. */
async function fetchObject(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, { ...init, redirect: 'manual' });
  const text = await response.text();
  const { status, headers } = response;
  return new Response(/^\s*\{/.test(text) ? text : 'no object', { status, headers });
}

/** A client of Stripe; makes the sender of each call. */
export function connectStripe({ secretKey, url, timeoutMs, pace }: StripeSettings) {
  const address = url === undefined ? undefined : new URL(url);
  const stripe = new Stripe(secretKey, {
    // By fetch: the other client sends a request whose connection was closed a second time by itself, and bounds only pauses.
    httpClient: Stripe.createFetchHttpClient(fetchObject),
    maxNetworkRetries: 0,
    telemetry: false,
    ...(address && {
      protocol: address.protocol === 'http:' ? 'http' : 'https',
      host: address.hostname,
      port: address.port || (address.protocol === 'http:' ? '80' : '443'),
    }),
  });
  return (): SendRequest => {
    const endsAtMs = performance.now() + timeoutMs;
    let sent = 0;
    return async (request) => {
      if (!(await pace(endsAtMs - performance.now()))) {
        throw noAnswer(`stopped after ${sent} requests: no turn for one more in time`);
      }
      const timeout = Math.floor(endsAtMs - performance.now());
      if (timeout <= 0) throw noAnswer(`stopped after ${sent} requests: the time was up`);
      sent += 1;
      return request(stripe, { timeout });
    };
  };
}
