import * as z from 'zod/mini';
import { InvoiceStatus, InvoiceSubmission } from '#shared/contracts/invoice-api.ts';

const PROBLEM = {
  type: 'object',
  description: 'A problem of RFC 9457.',
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
  },
};

/** The OpenAPI 3.1 document of the invoice API that Tollgate feeds, for those who own a real one. */
export function invoiceApiDocument() {
  return {
    openapi: '3.1.0',
    info: {
      title: 'The invoice API that Tollgate feeds',
      version: '1.0.0',
      description: [
        'What an invoice system has to offer so that Tollgate can send it every invoice exactly once.',
        'Tollgate keeps to the rate that this API allows, obeys 429 with Retry-After, and after an answer that was lost',
        'asks for the invoice by its id before it submits it again.',
      ].join(' '),
    },
    paths: {
      '/invoices': {
        post: {
          operationId: 'submitInvoice',
          summary: 'Take an invoice, and decide about it later',
          description: [
            'The same id and body again is answered as the first time and makes no second invoice.',
            'Of `total` the client has paid `paid` from its prepaid balance already: the lines whose source is prepaid or',
            'reversal, and what lines of kind carry_over say. Due is `total` less `paid`: often zero, and below it where',
            'a correction took off more than was still to be paid.',
          ].join(' '),
          parameters: [
            {
              name: 'Idempotency-Key',
              in: 'header',
              required: true,
              description: 'The id of the invoice.',
              schema: { type: 'string', maxLength: 200 },
            },
          ],
          requestBody: {
            required: true,
            content: json({ $ref: '#/components/schemas/InvoiceSubmission' }),
          },
          responses: {
            202: {
              description: 'Taken.',
              content: json({ $ref: '#/components/schemas/InvoiceStatus' }),
            },
            400: problem('The request is wrong and will never be taken: it is not sent again.'),
            409: problem(
              'The id belongs to an invoice with another body, or a request with it is under way. What there is is looked up before anything is sent again.',
            ),
            422: problem('The invoice is wrong and will never be taken: it is not sent again.'),
            429: {
              ...problem('Too many requests. Tollgate waits as long as Retry-After says.'),
              headers: {
                'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer' } },
              },
            },
            '5XX': problem('It is unknown whether the invoice was taken: Tollgate asks for it.'),
          },
        },
      },
      '/invoices/{id}': {
        get: {
          operationId: 'getInvoice',
          summary: 'What became of an invoice',
          parameters: [
            {
              name: 'id',
              in: 'path',
              required: true,
              schema: { type: 'string', maxLength: 200 },
            },
          ],
          responses: {
            200: {
              description: 'The invoice is known.',
              content: json({ $ref: '#/components/schemas/InvoiceStatus' }),
            },
            404: problem('There is no invoice of this id: Tollgate submits it again.'),
            429: problem('Too many requests.'),
            '5XX': problem('Asked again later.'),
          },
        },
      },
    },
    components: {
      schemas: {
        InvoiceSubmission: schemaOf(InvoiceSubmission),
        InvoiceStatus: schemaOf(InvoiceStatus),
        Problem: PROBLEM,
      },
    },
  };
}

function schemaOf(schema: z.core.$ZodType) {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return rest;
}

function json(schema: object) {
  return { 'application/json': { schema } };
}

function problem(description: string) {
  return {
    description,
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
}
