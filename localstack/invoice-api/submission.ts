import * as z from 'zod/mini';
import { InvoiceSubmission } from '#shared/contracts/invoice-api.ts';
import { isCurrency, parseMicros } from '#shared/domain/money.ts';

/** A submission that keeps the contract, with its total as a number. */
export interface Submission extends InvoiceSubmission {
  readonly totalMicros: bigint;
}

export interface Issue {
  readonly pointer: string;
  readonly detail: string;
}

/** Reads a body, or says what is wrong with it: its form first, then what it adds up to. */
export function readSubmission(body: unknown): { submission: Submission } | { issues: Issue[] } {
  const parsed = z.safeParse(InvoiceSubmission, body);
  if (!parsed.success) {
    return {
      issues: parsed.error.issues.map(({ path, message }) => ({
        pointer: path.map((step) => `/${String(step)}`).join(''),
        detail: message,
      })),
    };
  }
  const submission = parsed.data;
  const issues = numberIssues(submission);
  const totalMicros = parseMicros(submission.total) ?? 0n;
  if (issues.length === 0) issues.push(...sumIssues(submission, totalMicros));
  return issues.length > 0 ? { issues } : { submission: { ...submission, totalMicros } };
}

function numberIssues({ currency, total, paid, lines }: InvoiceSubmission): Issue[] {
  const issues: Issue[] = [];
  if (!isCurrency(currency)) {
    issues.push({ pointer: '/currency', detail: 'is not a currency of ISO 4217' });
  }
  const requireDecimal = (text: string, pointer: string) => {
    if (parseMicros(text) === undefined) {
      issues.push({ pointer, detail: 'is not a decimal with at most 6 decimals' });
    }
  };
  requireDecimal(total, '/total');
  requireDecimal(paid, '/paid');
  for (const [index, line] of lines.entries()) {
    requireDecimal(line.amount, `/lines/${index}/amount`);
    if ('quantity' in line) requireDecimal(line.quantity, `/lines/${index}/quantity`);
    if (line.kind === 'carry_over') requireDecimal(line.paid, `/lines/${index}/paid`);
  }
  return issues;
}

function sumIssues({ paid, lines }: InvoiceSubmission, totalMicros: bigint): Issue[] {
  const issues: Issue[] = [];
  if (totalMicros !== sumOf(lines, ({ amount }) => amount)) {
    issues.push({ pointer: '/total', detail: 'is not the sum of the amounts of the lines' });
  }
  if (parseMicros(paid) !== sumOf(lines, paidOf)) {
    issues.push({ pointer: '/paid', detail: 'is not what the lines say is paid' });
  }
  return issues;
}

type Line = InvoiceSubmission['lines'][number];

function paidOf(line: Line): string {
  if (line.kind === 'carry_over') return line.paid;
  return 'source' in line && line.source !== 'postpaid' ? line.amount : '0';
}

function sumOf(lines: readonly Line[], of: (line: Line) => string): bigint {
  return lines.reduce((sum, line) => sum + (parseMicros(of(line)) ?? 0n), 0n);
}
