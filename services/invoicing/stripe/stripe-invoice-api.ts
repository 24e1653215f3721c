import type Stripe from 'stripe';
import type { InvoiceSubmission } from '#shared/contracts/invoice-api.ts';
import { daysOf } from '#shared/domain/billing-period.ts';
import type { Answer } from '#shared/domain/invoice.ts';
import { parseInvoiceId } from '#shared/domain/packaging.ts';
import type { InvoiceApi } from '../invoice-api-client.ts';
import {
  type AnsweredEarly,
  answerAfter,
  isKeptFailure,
  isMissing,
  isReplayed,
  isTurnedDown,
  noAnswer,
  refused,
} from './stripe-answer.ts';
import { dueAtStripe, MAX_STRIPE_LINES, type StripeLine, toStripeLines } from './stripe-lines.ts';
import { connectStripe, type SendRequest, type StripeSettings } from './stripe-requests.ts';

/** How the invoices are made. */
export interface StripeTerms {
  readonly daysUntilDue: number;
  /** Whether Stripe goes on by itself once an invoice is finalized: sends it, reminds, collects. */
  readonly autoAdvance: boolean;
}

/** Most pages of 100 invoices of one customer that are looked through for one. */
const MAX_PAGES = 20;
const PAGE = 100;
const LINES_AT_ONCE = 100;
/** How often a step is begun under another key, because Stripe has kept a failure for the one before. */
const MAX_KEYS = 5;

/**
 * Stripe Invoicing. An invoice takes several requests, any of which may be the last of its sender, so `submit` goes on from whatever
 * is there: it looks for the invoice among those of the customer, makes a draft only where there is none, adds the lines that are missing, and
 * finalizes. Each step has an idempotency key made of the ids, so that one that is still under way somewhere is not done twice. A draft never
 * goes out by itself; to a look-up it is `absent`: the next submission completes it.
 */
export function createStripeInvoiceApi(settings: StripeSettings & StripeTerms): InvoiceApi {
  const beginCall = connectStripe(settings);

  async function submit(submission: InvoiceSubmission): Promise<Answer> {
    const send = beginCall();
    const customer = await findCustomer(send, submission.client);
    if (customer === undefined) {
      throw refused(
        `Stripe has no customer with the metadata ${CLIENT} = ${submission.client}; add it, and retry a minute later`,
      );
    }
    const keys = keyRing();
    for (let round = 0; round < MAX_KEYS; round++) {
      const found = await findInvoice(send, customer, submission.id);
      const invoice = found ?? (await createDraft(send, customer, submission, keys));
      const answer = invoice && (await complete(send, invoice, submission, keys));
      if (answer) return answer;
    }
    throw noAnswer('Stripe repeats an earlier failure for every key of a step');
  }

  /** Undefined where another key has to be tried, after another look. */
  async function createDraft(
    send: SendRequest,
    customer: string,
    submission: InvoiceSubmission,
    keys: KeyRing,
  ): Promise<Stripe.Invoice | undefined> {
    const { id, client, period, currency, linesSha256 } = submission;
    const created = await keys.use(`tollgate/${id}/create`, (idempotencyKey) =>
      send((stripe, options) =>
        stripe.invoices.create(
          {
            customer,
            currency: currency.toLowerCase(),
            collection_method: 'send_invoice',
            days_until_due: settings.daysUntilDue,
            auto_advance: false,
            pending_invoice_items_behavior: 'exclude',
            metadata: {
              [INVOICE]: id,
              [CLIENT]: client,
              tollgate_period: period,
              ...(linesSha256 !== undefined && { tollgate_lines_sha256: linesSha256 }),
            },
          },
          { ...options, idempotencyKey },
        ),
      ),
    );
    if (!created || !isReplayed(created.lastResponse.headers)) return created;
    // What Stripe repeats is how the draft was made; it may be more by now, or gone.
    const now = await orMissing(
      send((stripe, options) => stripe.invoices.retrieve(created.id, {}, options)),
    );
    if (now === undefined) keys.discard(`tollgate/${id}/create`);
    return now;
  }

  /** Brings an invoice to its end from wherever it is. Undefined where another key has to be tried, after another look. */
  async function complete(
    send: SendRequest,
    invoice: Stripe.Invoice,
    submission: InvoiceSubmission,
    keys: KeyRing,
  ): Promise<Answer | undefined> {
    const answer = answerOf(invoice);
    if (answer) return answer;
    const lines = toStripeLines(submission);
    const filled = await fill(send, invoice, lines, keys);
    if (!filled) return undefined;
    const due = dueAtStripe(submission);
    if (filled.subtotal !== due) {
      throw refused(
        `the draft ${invoice.id} comes to ${filled.subtotal}, not ${due}; delete it at Stripe, and retry`,
      );
    }
    const finalized = await finalize(send, invoice.id, keys);
    return finalized && (answerOf(finalized) ?? noAnswer(`${invoice.id} is still a draft`).answer);
  }

  /** Adds the lines that are missing, in parts that are always the same. */
  async function fill(
    send: SendRequest,
    invoice: Stripe.Invoice,
    lines: readonly StripeLine[],
    keys: KeyRing,
  ): Promise<Stripe.Invoice | undefined> {
    const held = await readHeld(send, invoice);
    let filled = invoice;
    for (let start = 0; start < lines.length; start += LINES_AT_ONCE) {
      const part = lines.slice(start, start + LINES_AT_ONCE);
      const heldOfPart = part.filter((_, index) => held.delete(String(start + index))).length;
      if (heldOfPart === part.length) continue;
      if (heldOfPart > 0) throw foreign(invoice.id);
      const added = await keys.use(`tollgate/${invoice.id}/lines/${start}`, (idempotencyKey) =>
        send((stripe, options) =>
          stripe.invoices.addLines(
            invoice.id,
            {
              lines: part.map((line, index) => ({
                ...line,
                metadata: { [LINE]: String(start + index) },
              })),
            },
            { ...options, idempotencyKey },
          ),
        ),
      );
      if (!added) return undefined;
      filled = added;
    }
    if (held.size > 0) throw foreign(invoice.id);
    return filled;
  }

  async function finalize(send: SendRequest, id: string, keys: KeyRing) {
    try {
      return await keys.use(`tollgate/${id}/finalize`, (idempotencyKey) =>
        send((stripe, options) =>
          stripe.invoices.finalizeInvoice(
            id,
            { auto_advance: settings.autoAdvance },
            { ...options, idempotencyKey },
          ),
        ),
      );
    } catch (error) {
      if (!isTurnedDown(error)) throw error;
      // Somebody else may have been faster.
      const now = await send((stripe, options) => stripe.invoices.retrieve(id, {}, options));
      if (now.status === 'draft') throw error;
      return now;
    }
  }

  async function lookUp(id: string): Promise<Answer> {
    const send = beginCall();
    const customer = await findCustomer(send, parseInvoiceId(id)?.client ?? '');
    const invoice = customer && (await findInvoice(send, customer, id));
    return (invoice && answerOf(invoice)) || { type: 'absent' };
  }

  return {
    timeoutMs: settings.timeoutMs,
    submit: (submission) => submit(submission).catch(answerAfter),
    lookUp: (id) => lookUp(id).catch(answerAfter),
  };
}

const INVOICE = 'tollgate_id';
const CLIENT = 'tollgate_client';
const LINE = 'tollgate_line';

/** What a finalized invoice means; undefined of a draft. What becomes of an invoice that was issued is between Stripe and its customer. */
function answerOf({ id, status }: Stripe.Invoice): Answer | undefined {
  if (status === 'void') return { type: 'rejected', detail: `${id} was voided at Stripe` };
  return status === 'draft' || status === null ? undefined : { type: 'accepted' };
}

function foreign(id: string): AnsweredEarly {
  return refused(
    `the draft ${id} holds other lines than those of its package; delete it at Stripe, and retry`,
  );
}

/** A client that is called like a customer of Stripe is that one; any other is named in the metadata of its customer. */
async function findCustomer(send: SendRequest, client: string): Promise<string | undefined> {
  if (/^cus_[A-Za-z0-9]+$/.test(client)) return client;
  const query = `metadata['${CLIENT}']:'${client}'`;
  const { data } = await send((stripe, options) =>
    stripe.customers.search({ query, limit: PAGE }, options),
  );
  // Stripe does not tell upper from lower case.
  const found = data.filter(({ metadata }) => metadata[CLIENT] === client);
  if (found.length > 1) {
    throw refused(
      `${found.length} customers at Stripe have the metadata ${CLIENT} = ${client}: ${found.map(({ id }) => id).join(', ')}`,
    );
  }
  return found[0]?.id;
}

/**
 * The invoice of this id among those of the customer. By the list, which knows what was made just now, and not by the search,
 * which may be an hour behind. One that is finalized counts before a draft.
 */
async function findInvoice(
  send: SendRequest,
  customer: string,
  id: string,
): Promise<Stripe.Invoice | undefined> {
  const created = { gte: earliestOf(id) };
  const found: Stripe.Invoice[] = [];
  let after: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const { data, has_more } = await send((stripe, options) =>
      stripe.invoices.list(
        { customer, created, limit: PAGE, ...(after !== undefined && { starting_after: after }) },
        options,
      ),
    );
    found.push(...data.filter(({ metadata }) => metadata?.[INVOICE] === id));
    after = data.at(-1)?.id;
    if (!has_more || after === undefined) {
      return found.find(({ status }) => status !== 'draft') ?? found.at(-1);
    }
  }
  throw noAnswer(`${customer} has more than ${MAX_PAGES * PAGE} invoices since; see README`);
}

const TWO_DAYS_S = 172_800;

/** Nothing is packaged before its half month has begun. In whatever time zone, and with a wrong clock. */
function earliestOf(id: string): number {
  const { start } = daysOf(parseInvoiceId(id)?.period ?? '');
  return Date.parse(`${start}T00:00:00Z`) / 1_000 - TWO_DAYS_S;
}

/** Which lines a draft holds, by their numbers. Throws where one is not of its package, or there twice. */
async function readHeld(send: SendRequest, invoice: Stripe.Invoice): Promise<Set<string>> {
  const held = new Set<string>();
  let { data, has_more } = invoice.lines;
  for (let read = 0; ; ) {
    for (const { metadata } of data) {
      const line = metadata[LINE];
      if (line === undefined || held.has(line)) throw foreign(invoice.id);
      held.add(line);
    }
    read += data.length;
    const last = data.at(-1)?.id;
    if (!has_more || last === undefined) return held;
    if (read > MAX_STRIPE_LINES) throw foreign(invoice.id);
    ({ data, has_more } = await send((stripe, options) =>
      stripe.invoices.listLineItems(invoice.id, { limit: PAGE, starting_after: last }, options),
    ));
  }
}

async function orMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * The idempotency keys of one call. Under a key Stripe answers for a day as it did the first time, failures of its own included: once it
 * repeats one, the request that failed is over, and the step may be begun under the next key, after a look at what it left.
 */
interface KeyRing {
  readonly use: <T>(step: string, work: (key: string) => Promise<T>) => Promise<T | undefined>;
  readonly discard: (step: string) => void;
}

function keyRing(): KeyRing {
  const discarded = new Map<string, number>();
  const discard = (step: string) => {
    discarded.set(step, (discarded.get(step) ?? 0) + 1);
  };
  return {
    discard,
    async use(step, work) {
      try {
        return await work(`${step}/${discarded.get(step) ?? 0}`);
      } catch (error) {
        if (!isKeptFailure(error)) throw error;
        discard(step);
        return undefined;
      }
    },
  };
}
