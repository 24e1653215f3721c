import * as z from 'zod/mini';
import {
  Account,
  AdjustmentBody,
  BalanceChange,
  OpenAccountBody,
  TermsBody,
  TopUpBody,
} from './accounts.ts';
import type { Scope } from './api-keys.ts';
import { ChargeAnswer, ChargeBatch, ChargeBatchAnswer, ChargeBody } from './charges.ts';
import { DailyUsage, PriceListAnswer } from './daily-usage.ts';
import { DeadLetterList, QueueList, RedriveAnswer } from './dead-letters.ts';
import { EntryPage } from './entries.ts';
import { Explanation, LineExplanation } from './explanation.ts';
import {
  CaptureAnswer,
  CaptureBody,
  ExtensionAnswer,
  ExtensionBody,
  HoldAnswer,
  HoldBody,
  HoldList,
  ReleaseAnswer,
  ReleaseBody,
} from './holds.ts';
import { CorrectionBody, Invoice, InvoicePage, RetriesAnswer, RetriesBody } from './invoices.ts';
import { PROBLEMS, type ProblemCode } from './problems.ts';
import { PeriodList, Progress } from './progress.ts';
import { ConservationProof } from './proof.ts';
import { RebuildAnswer } from './rebuild.ts';
import { Reversal, ReversalBody } from './reversals.ts';
import { SendingStatus } from './sending.ts';
import { UsageAnswer, UsageBatch, UsageCloudEvent } from './usage-events.ts';

interface Operation {
  readonly method: 'get' | 'post' | 'patch';
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly scope: Scope | 'any';
  readonly hasIdempotencyKey?: boolean;
  /** Body by media type. */
  readonly body?: Readonly<Record<string, z.ZodMiniType>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly answers: Readonly<Record<number, z.ZodMiniType>>;
  readonly problems: readonly ProblemCode[];
}

const BODY_PROBLEMS = [
  'malformed_json',
  'invalid_body',
  'body_too_large',
  'unsupported_media_type',
] as const;
const ID_PROBLEMS = [
  'id_required',
  'id_reused',
  'charge_id_expired',
  'charge_id_in_future',
] as const;

/** Of every change of an account that takes effect once for an id. */
const CHANGE_PROBLEMS = [
  ...BODY_PROBLEMS,
  ...ID_PROBLEMS,
  'balances_incomplete',
  'unavailable',
] as const;

const HOLD_OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/holds',
    operationId: 'placeHold',
    summary: 'Keep an amount back until it is captured, released or expires; once for an id.',
    scope: 'charge',
    hasIdempotencyKey: true,
    body: { 'application/json': HoldBody },
    answers: { 200: HoldAnswer },
    problems: CHANGE_PROBLEMS,
  },
  {
    method: 'post',
    path: '/v1/holds/captures',
    operationId: 'captureHold',
    summary: 'Charge what a hold keeps back, at once or in parts; once for an id.',
    scope: 'charge',
    hasIdempotencyKey: true,
    body: { 'application/json': CaptureBody },
    answers: { 200: CaptureAnswer },
    problems: [...CHANGE_PROBLEMS, 'time_out_of_bounds'],
  },
  {
    method: 'post',
    path: '/v1/holds/releases',
    operationId: 'releaseHold',
    summary: 'Give back what a hold still keeps; once for an id.',
    scope: 'charge',
    hasIdempotencyKey: true,
    body: { 'application/json': ReleaseBody },
    answers: { 200: ReleaseAnswer },
    problems: [...CHANGE_PROBLEMS, 'unknown_account', 'unknown_hold', 'account_closed'],
  },
  {
    method: 'post',
    path: '/v1/holds/extensions',
    operationId: 'extendHold',
    summary: 'Let a hold last longer from now on; once for an id.',
    scope: 'charge',
    hasIdempotencyKey: true,
    body: { 'application/json': ExtensionBody },
    answers: { 200: ExtensionAnswer },
    problems: [
      ...CHANGE_PROBLEMS,
      'unknown_account',
      'unknown_hold',
      'account_frozen',
      'account_closed',
    ],
  },
  {
    method: 'get',
    path: '/v1/accounts/{client}/holds',
    operationId: 'listHolds',
    summary: 'The active holds of an account, the one that expires first first.',
    scope: 'charge',
    answers: { 200: HoldList },
    problems: ['invalid_parameter', 'unavailable'],
  },
];

/** What the person on call looks at beside the invoices, and may start. */
const RECORD_OPERATIONS: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/clients/{client}/usage',
    operationId: 'getDailyUsage',
    summary: 'What a client used on each day of a half month, as far as it has been rolled up.',
    scope: 'operate',
    query: { period: 'The half month, such as 2026-11-H1; the running one by default.' },
    answers: { 200: DailyUsage },
    problems: ['invalid_parameter', 'unavailable'],
  },
  {
    method: 'get',
    path: '/v1/prices',
    operationId: 'listPrices',
    summary: 'The price list in force.',
    scope: 'operate',
    answers: { 200: PriceListAnswer },
    problems: ['unavailable'],
  },
  {
    method: 'get',
    path: '/v1/queues',
    operationId: 'listQueues',
    summary: 'How much waits on its way to the ledger, and how many dead letters there are.',
    scope: 'operate',
    answers: { 200: QueueList },
    problems: ['unavailable'],
  },
  {
    method: 'get',
    path: '/v1/dead-letters',
    operationId: 'listDeadLetters',
    summary:
      'Up to 50 dead letters, and why each could not be consumed. One that somebody else looks at or redrives at the same time may be left out.',
    scope: 'operate',
    answers: { 200: DeadLetterList },
    problems: ['unavailable'],
  },
  {
    method: 'post',
    path: '/v1/dead-letters/redrive',
    operationId: 'redriveDeadLetters',
    summary:
      'Send dead letters back to their queue, as many as fit into one request. Repeat it for the rest; what is no better comes back.',
    scope: 'operate',
    answers: { 200: RedriveAnswer },
    problems: ['unavailable'],
  },
  {
    method: 'get',
    path: '/v1/conservation',
    operationId: 'getProof',
    summary: 'The last proof that every stage holds the same sums.',
    scope: 'operate',
    answers: { 200: ConservationProof },
    problems: ['not_found', 'unavailable'],
  },
  {
    method: 'post',
    path: '/v1/conservation',
    operationId: 'startProof',
    summary: 'Start a proof, unless one is under way.',
    scope: 'operate',
    answers: { 202: z.strictObject({}) },
    problems: ['unavailable'],
  },
];

/** Every route of the HTTP API. The served OpenAPI document is made from this. */
export const OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/charges',
    operationId: 'chargeClient',
    summary: 'Charge a prepaid balance once for an id; a refusal is an answer, not an error.',
    scope: 'charge',
    hasIdempotencyKey: true,
    body: { 'application/json': ChargeBody },
    answers: { 200: ChargeAnswer },
    problems: [...CHANGE_PROBLEMS, 'time_out_of_bounds'],
  },
  {
    method: 'post',
    path: '/v1/charges/batch',
    operationId: 'chargeBatch',
    summary: 'Up to 1,000 charges of any clients, each answered as if it had come alone.',
    scope: 'charge',
    body: { 'application/json': ChargeBatch },
    answers: { 200: ChargeBatchAnswer },
    problems: BODY_PROBLEMS,
  },
  {
    method: 'post',
    path: '/v1/accounts',
    operationId: 'openAccount',
    summary: 'Open a prepaid account; 200 where it was opened on the same terms before.',
    scope: 'operate',
    body: { 'application/json': OpenAccountBody },
    answers: { 200: Account, 201: Account },
    problems: [...BODY_PROBLEMS, 'account_exists', 'balances_incomplete', 'unavailable'],
  },
  {
    method: 'get',
    path: '/v1/accounts/{client}',
    operationId: 'getAccount',
    summary: 'The balance of an account.',
    scope: 'charge',
    answers: { 200: Account },
    problems: ['invalid_parameter', 'unknown_account', 'unavailable'],
  },
  {
    method: 'patch',
    path: '/v1/accounts/{client}',
    operationId: 'changeTerms',
    summary: 'Freeze, close or reopen an account, or set how far below zero its balance may go.',
    scope: 'operate',
    body: { 'application/json': TermsBody },
    answers: { 200: Account },
    problems: [
      ...BODY_PROBLEMS,
      'invalid_parameter',
      'unknown_account',
      'account_has_holds',
      'balance_out_of_range',
      'balances_incomplete',
      'unavailable',
    ],
  },
  ...(['top-ups', 'adjustments'] as const).map(
    (path): Operation => ({
      method: 'post',
      path: `/v1/accounts/{client}/${path}`,
      operationId: path === 'top-ups' ? 'topUpAccount' : 'adjustAccount',
      summary:
        path === 'top-ups'
          ? 'Add to a balance once for an id.'
          : 'Correct a balance by a signed amount, once for an id.',
      scope: 'operate',
      hasIdempotencyKey: true,
      body: { 'application/json': path === 'top-ups' ? TopUpBody : AdjustmentBody },
      answers: { 200: BalanceChange },
      problems: [
        ...CHANGE_PROBLEMS,
        'invalid_parameter',
        'unknown_account',
        'currency_mismatch',
        'account_closed',
        'balance_out_of_range',
      ],
    }),
  ),
  {
    method: 'post',
    path: '/v1/accounts/{client}/reversals',
    operationId: 'reverseCharge',
    summary: 'Give back a charge or a capture, or part of it, once for an id.',
    scope: 'operate',
    hasIdempotencyKey: true,
    body: { 'application/json': ReversalBody },
    answers: { 200: Reversal },
    problems: [
      ...CHANGE_PROBLEMS,
      'invalid_parameter',
      'unknown_account',
      'unknown_charge',
      'over_reversed',
      'currency_mismatch',
      'account_closed',
      'balance_out_of_range',
    ],
  },
  {
    method: 'get',
    path: '/v1/accounts/{client}/entries',
    operationId: 'listEntries',
    summary: 'Every change of an account with its resulting balance, newest first, page by page.',
    scope: 'charge',
    query: {
      limit: 'Most entries on a page, 1 to 100.',
      cursor: 'nextCursor of the page before.',
    },
    answers: { 200: EntryPage },
    problems: ['invalid_parameter', 'unknown_account', 'unavailable'],
  },
  ...HOLD_OPERATIONS,
  {
    method: 'post',
    path: '/v1/usage',
    operationId: 'recordUsage',
    summary: 'Record postpaid usage as CloudEvents, each once for its client, source and id.',
    scope: 'usage',
    body: {
      'application/cloudevents+json': UsageCloudEvent,
      'application/cloudevents-batch+json': UsageBatch,
    },
    answers: { 200: UsageAnswer },
    problems: [
      ...BODY_PROBLEMS,
      'id_reused',
      'time_out_of_bounds',
      'unknown_meter',
      'amount_out_of_range',
      'unavailable',
    ],
  },
  {
    method: 'get',
    path: '/v1/invoices',
    operationId: 'listInvoices',
    summary: 'Invoices by state, client, half month, reason or age, in order, page by page.',
    scope: 'operate',
    query: {
      state: 'Only invoices in this state, or in one of these: parked,unknown.',
      client: 'Only invoices of this client.',
      period: 'Only invoices of this half month, such as 2026-11-H1.',
      reason: 'Only invoices parked or skipped for this reason.',
      olderThanSeconds: 'Only invoices packaged at least so long ago.',
      sort: 'oldest (the default) or newest: by when they are due or came to rest; client: by client and revision, of a period or a client.',
      limit: 'Most invoices on a page, 1 to 100.',
      cursor: 'nextCursor of the page before.',
    },
    answers: { 200: InvoicePage },
    problems: ['invalid_parameter', 'unavailable'],
  },
  {
    method: 'get',
    path: '/v1/invoices/{id}',
    operationId: 'getInvoice',
    summary: 'One invoice with its lines and everything that was tried.',
    scope: 'operate',
    answers: { 200: Invoice },
    problems: ['invalid_parameter', 'not_found', 'unavailable'],
  },
  {
    method: 'get',
    path: '/v1/invoices/{id}/explain',
    operationId: 'explainInvoice',
    summary:
      'From an invoice to its daily records; with line, to the events in the ledger behind that line, each with its proof.',
    scope: 'operate',
    query: {
      line: 'The index of a metered line: its events, page by page.',
      cursor: 'nextCursor of the page before.',
    },
    answers: { 200: z.union([Explanation, LineExplanation]) },
    problems: ['invalid_parameter', 'not_found', 'explanation_inconsistent', 'unavailable'],
  },
  {
    method: 'post',
    path: '/v1/invoices/{id}/retry',
    operationId: 'retryInvoice',
    summary: 'Take up a parked invoice again.',
    scope: 'operate',
    answers: { 202: Invoice },
    problems: ['invalid_parameter', 'not_found', 'not_retryable', 'unavailable'],
  },
  {
    method: 'get',
    path: '/v1/periods',
    operationId: 'listPeriods',
    summary: 'Half months that ever had usage, the latest first.',
    scope: 'operate',
    answers: { 200: PeriodList },
    problems: ['unavailable'],
  },
  {
    method: 'get',
    path: '/v1/progress',
    operationId: 'getProgress',
    summary:
      'How far the invoices of a half month are, by state and over time, and when all will be done.',
    scope: 'operate',
    query: { period: 'The half month; the latest that has invoices where it is left out.' },
    answers: { 200: Progress },
    problems: ['invalid_parameter', 'not_found', 'unavailable'],
  },
  {
    method: 'post',
    path: '/v1/invoices/retries',
    operationId: 'retryInvoices',
    summary:
      'Take up parked invoices again, those named or those that match; or only say what that would do.',
    scope: 'operate',
    body: { 'application/json': RetriesBody },
    answers: { 200: RetriesAnswer },
    problems: [...BODY_PROBLEMS, 'invalid_parameter', 'unavailable'],
  },
  ...RECORD_OPERATIONS,
  {
    method: 'get',
    path: '/v1/sending',
    operationId: 'getSending',
    summary: 'How invoices are being sent now, by all senders together.',
    scope: 'operate',
    answers: { 200: SendingStatus },
    problems: ['unavailable'],
  },
  {
    method: 'post',
    path: '/v1/sending/resume',
    operationId: 'resumeSending',
    summary: 'End an open breaker, or a block that the invoice API has asked for, at once.',
    scope: 'operate',
    answers: { 200: SendingStatus },
    problems: ['unavailable'],
  },
  {
    method: 'post',
    path: '/v1/invoices/{id}/corrections',
    operationId: 'correctInvoice',
    summary: 'Put another revision in the place of a parked invoice: its lines, and more.',
    scope: 'operate',
    body: { 'application/json': CorrectionBody },
    answers: { 201: Invoice },
    problems: [
      ...BODY_PROBLEMS,
      'invalid_parameter',
      'not_found',
      'not_correctable',
      'unavailable',
    ],
  },
  {
    method: 'post',
    path: '/v1/shards/{shard}/rebuild',
    operationId: 'rebuildBalances',
    summary:
      'Restore from the ledger what the store has lost of a shard; of one that is complete, compare them.',
    scope: 'operate',
    query: {
      takeLedgerAsWhole:
        'true: restore also accounts of which events are missing, and do not wait for events on their way.',
    },
    answers: { 200: RebuildAnswer },
    problems: ['invalid_parameter', 'not_found', 'events_on_their_way', 'unavailable'],
  },
  {
    method: 'get',
    path: '/v1/openapi.json',
    operationId: 'getOpenApi',
    summary: 'This document.',
    scope: 'any',
    answers: { 200: z.object({ openapi: z.string() }) },
    problems: [],
  },
];

/** The API as an OpenAPI 3.1 document. */
export function openApiDocument() {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of OPERATIONS) {
    paths[operation.path] ??= {};
    (paths[operation.path] as Record<string, unknown>)[operation.method] = describe(operation);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tollgate',
      version: '1',
      description:
        'Amounts are decimal strings in the major unit of an ISO 4217 currency; times are RFC 3339 in UTC.',
    },
    security: [{ apiKey: [] }],
    paths,
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'An API key, tg_…' },
      },
      schemas: { Problem: PROBLEM_SCHEMA },
    },
  };
}

function describe(operation: Operation) {
  const { body, answers, problems } = operation;
  return {
    operationId: operation.operationId,
    summary: operation.summary,
    description: `Needs an API key with the scope: ${operation.scope}.`,
    parameters: parametersOf(operation),
    ...(body && {
      requestBody: {
        required: true,
        content: mapValues(body, (schema) => ({ schema: toJsonSchema(schema, 'input') })),
      },
    }),
    responses: {
      ...mapValues(answers, (schema) => ({
        description: 'The answer',
        content: { 'application/json': { schema: toJsonSchema(schema, 'output') } },
      })),
      ...problemResponses([...problems, 'scope_missing', 'internal']),
    },
  };
}

function parametersOf({ path, query = {}, hasIdempotencyKey }: Operation) {
  const parameter = (name: string, place: string, required: boolean, description: string) => ({
    name,
    in: place,
    required,
    description,
    schema: { type: 'string' },
  });
  return [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) =>
      parameter(name as string, 'path', true, `The ${name}.`),
    ),
    ...Object.entries(query).map(([name, text]) => parameter(name, 'query', false, text)),
    ...(hasIdempotencyKey
      ? [parameter('Idempotency-Key', 'header', false, 'The id, where the body has none.')]
      : []),
  ];
}

function problemResponses(codes: readonly ProblemCode[]) {
  const byStatus = Map.groupBy(codes, (code) => PROBLEMS[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => [
      status,
      {
        description: ofStatus.map((code) => `${code}: ${PROBLEMS[code].title}.`).join(' '),
        content: {
          'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
        },
      },
    ]),
  );
}

const PROBLEM_SCHEMA = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'detail'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { enum: Object.keys(PROBLEMS) },
    detail: { type: 'string', description: 'What to do about it.' },
    issues: {
      type: 'array',
      items: {
        type: 'object',
        properties: { pointer: { type: 'string' }, detail: { type: 'string' } },
      },
    },
    data: { type: 'object' },
  },
};

function toJsonSchema(schema: z.ZodMiniType, io: 'input' | 'output') {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}

function mapValues<V, R>(record: Readonly<Record<string, V>>, map: (value: V) => R) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
