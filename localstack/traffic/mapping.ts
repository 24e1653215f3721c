import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as z from 'zod/mini';
import * as field from '#shared/contracts/fields.ts';
import { isTimeZone } from '#shared/domain/billing-period.ts';
import { accessLogColumns } from './access-log.ts';
import { readDecimal } from './decimals.ts';
import { readRfc3339 } from './times.ts';
import { shown, TrafficFileError } from './usage-row.ts';

/** The mapping language; README.md explains it with an example. */

const text = z.string().check(z.minLength(1, { error: 'must not be empty' }));
const column = z.strictObject({ column: text });

const decimal = z.string().check(
  z.refine((value) => readDecimal(value) !== undefined, {
    error: 'must be a decimal string, such as "1" or "0.01"',
  }),
);

const number = z.union(
  [
    decimal,
    z.strictObject({
      column: text,
      scale: z.optional(decimal),
      decimals: z.optional(z.int().check(z.gte(0), z.lte(6))),
    }),
  ],
  {
    error:
      'must be a decimal string, such as "1", or {"column": …} with an optional "scale" (a decimal string) and "decimals" (0 to 6)',
  },
);

const event = z
  .strictObject({
    meter: z.union([field.meter, column], {
      error: 'must be the name of a meter or {"column": …}',
    }),
    quantity: number,
    amount: z.optional(number),
    currency: z.optional(
      z.union([field.currency, column], { error: 'must be a currency code or {"column": …}' }),
    ),
  })
  .check(
    z.refine((value) => (value.amount === undefined) === (value.currency === undefined), {
      error: 'must give amount and currency together or not at all',
    }),
  );

const time = z.discriminatedUnion('form', [
  z.strictObject({ form: z.enum(['rfc3339', 'common-log', 'epoch-s', 'epoch-ms']), column: text }),
  z.strictObject({
    form: z.literal('local'),
    column: text,
    zone: z
      .string()
      .check(
        z.refine(isTimeZone, { error: 'must be a time zone such as "UTC" or "America/New_York"' }),
      ),
  }),
  z.strictObject({
    form: z.literal('ms-after'),
    column: text,
    start: z.string().check(
      z.refine((value) => readRfc3339(value) !== undefined, {
        error: 'must be a time of RFC 3339, such as "2026-11-01T00:00:00Z"',
      }),
    ),
  }),
]);

const common = {
  about: z.optional(z.string()),
  client: z.union(
    [
      field.client,
      z.strictObject({
        column: text,
        prefix: z.optional(z.string()),
        modulo: z.optional(z.int().check(z.gte(1))),
      }),
    ],
    {
      error:
        'must be a client or {"column": …} with an optional "prefix" and "modulo" (a whole number above zero)',
    },
  ),
  time,
  id: z.union([z.literal('line'), z.array(text).check(z.minLength(1))], {
    error: 'must be "line" or a list of columns',
  }),
  only: z.optional(
    z.array(z.strictObject({ column: text, in: z.array(text).check(z.minLength(1)) })),
  ),
  zeros: z.optional(z.array(z.string())),
  events: z.array(event).check(z.minLength(1, { error: 'must hold at least one event' })),
};

const Mapping = z.discriminatedUnion('format', [
  z.strictObject({
    format: z.literal('csv'),
    delimiter: z.optional(z.string().check(z.length(1, { error: 'must be one character' }))),
    columns: z.optional(z.array(text).check(z.minLength(1))),
    recognise: z.optional(z.array(text).check(z.minLength(1))),
    ...common,
  }),
  z.strictObject({
    format: z.literal('access-log'),
    layout: z.enum(['common', 'combined']),
    ...common,
  }),
]);

export type Mapping = z.infer<typeof Mapping> & { readonly name: string };
export type TimeForm = z.infer<typeof time>;
export type EventForm = z.infer<typeof event>;
export type NumberForm = z.infer<typeof number>;

const FOLDER = fileURLToPath(new URL('./mappings/', import.meta.url));

export function bundledMappingNames(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

export function loadBundledMappings(): Promise<Mapping[]> {
  return Promise.all(bundledMappingNames().map(loadMapping));
}

/** A bundled mapping by its name, or any mapping by the path of its file. Throws TrafficFileError with what is wrong with it. */
export async function loadMapping(nameOrPath: string): Promise<Mapping> {
  const isBundled = bundledMappingNames().includes(nameOrPath);
  const path = isBundled ? `${FOLDER}${nameOrPath}.json` : nameOrPath;
  const json = await readFile(path, 'utf8').catch(() => {
    const names = bundledMappingNames().join(', ');
    throw new TrafficFileError(
      `There is no mapping ${nameOrPath}: give one of ${names}, or the path of a file.`,
    );
  });
  return parseMapping(json, nameOrPath);
}

export function parseMapping(json: string, name: string): Mapping {
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch (error) {
    throw new TrafficFileError(`The mapping ${name} is not JSON: ${(error as Error).message}.`);
  }
  const parsed = Mapping.safeParse(data, { reportInput: true });
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `- ${sentenceOf(issue)}`);
    throw new TrafficFileError(`The mapping ${name} cannot be used:\n${faults.join('\n')}`);
  }
  const mapping = { ...parsed.data, name };
  if (mapping.format === 'access-log') {
    requireColumns(mapping, accessLogColumns(mapping.layout), `a ${mapping.layout} access log`);
  } else if (mapping.columns) {
    requireColumns(mapping, mapping.columns, 'the mapping’s own list of columns');
  }
  return mapping;
}

/** Throws where the mapping reads a column that `columns` lacks or holds twice. */
export function requireColumns(mapping: Mapping, columns: readonly string[], where: string): void {
  for (const name of columnsOf(mapping)) {
    const count = columns.filter((candidate) => candidate === name).length;
    if (count === 1) continue;
    const fault = count === 0 ? 'is not there' : 'is there more than once';
    throw new TrafficFileError(
      `The mapping ${mapping.name} reads the column "${name}", which ${fault}; ${where} has: ${columns.join(', ')}.`,
    );
  }
}

function columnsOf(mapping: Mapping): Set<string> {
  const forms = [
    mapping.client,
    mapping.time,
    ...(mapping.only ?? []),
    ...mapping.events.flatMap((form) => [form.meter, form.quantity, form.amount, form.currency]),
  ];
  const columns = forms.flatMap((form) => (typeof form === 'object' ? [form.column] : []));
  return new Set([...columns, ...(mapping.id === 'line' ? [] : mapping.id)]);
}

function sentenceOf(issue: z.core.$ZodIssue): string {
  const place = issue.path.map((part) =>
    typeof part === 'number' ? `[${part}]` : `.${String(part)}`,
  );
  const where = place.join('').replace(/^\./, '') || 'it';
  switch (issue.code) {
    case 'unrecognized_keys':
      return `${where} has what no mapping has: ${issue.keys.join(', ')}`;
    case 'invalid_type':
      return issue.input === undefined
        ? `${where} is missing`
        : `${where} must be of type ${issue.expected}, not ${shown(issue.input)}`;
    case 'invalid_value':
      return `${where} must be ${issue.values.map((value) => shown(value)).join(' or ')}, not ${shown(issue.input)}`;
    case 'invalid_union': {
      if (issue.discriminator === undefined) break;
      const options = (issue as { options?: unknown[] }).options ?? [];
      return `${where} must be ${options.map(shown).join(' or ') || 'one of those in the README'}, not ${shown(issue.input)}`;
    }
    case 'too_small':
    case 'too_big':
      if (issue.message !== 'Invalid input') break;
      return `${where} is ${issue.code === 'too_small' ? 'too small or too short' : 'too big or too long'}`;
  }
  if (issue.code === 'invalid_union' && issue.input === undefined) return `${where} is missing`;
  return `${where} ${issue.message}`;
}
