import type { Explanation, LineExplanation } from '#shared/contracts/explanation.ts';
import type { Invoice, InvoiceLine } from '#shared/contracts/invoices.ts';
import { formatMicros, parseMicros } from '#shared/domain/money.ts';
import { differenceOf, type FrozenLine, isSameTree, parseFrozenLines } from './frozen-lines.ts';

/**
 * The browser's own check of an explanation: it trusts nothing but the hashes that the invoice and its lines name. Trees are
 * those of RFC 6962: a leaf is SHA-256(0x00 || text), a node SHA-256(0x01 || left || right).
 */

export type Check =
  | { readonly isRight: true; readonly text: string }
  | { readonly isRight: false; readonly text: string };

const right = (text: string): Check => ({ isRight: true, text });
const wrong = (text: string): Check => ({ isRight: false, text });

/**
 * Whether the bytes of the lines have the hash that the invoice was frozen with, all that is shown of the lines, the
 * trees of their events included, is what those bytes say, and they come to what the client is asked for.
 */
export async function checkLines(
  { linesText, linesSha256, lines }: Pick<Explanation, 'linesText' | 'linesSha256' | 'lines'>,
  invoice: Pick<Invoice, 'lines' | 'linesSha256' | 'currency' | 'total'>,
): Promise<Check> {
  const frozen = invoice.linesSha256;
  const found = await sha256(bytesOf(linesText));
  if (found !== linesSha256) return wrong(`The lines have the hash ${found}, not ${linesSha256}.`);
  if (frozen !== undefined && frozen !== linesSha256) {
    return wrong(`The invoice was frozen with the hash ${frozen}, not ${linesSha256}.`);
  }
  const texts = parseFrozenLines(linesText);
  if (!texts) return wrong('What the hash is over are no lines.');
  if (texts.length !== lines.length || texts.length !== invoice.lines.length) {
    return wrong(`${texts.length} lines were frozen, and others are shown.`);
  }
  const differing = texts.map((text, index) => lineDifference(text, index, lines, invoice));
  return (
    differing.find((check) => check !== undefined) ??
    totalDifference(invoice) ??
    right('The lines are those that were frozen: their SHA-256 is right.')
  );
}

function totalDifference({ lines, total }: Pick<Invoice, 'lines' | 'total'>): Check | undefined {
  const sum = lines.reduce((added, { amount }) => added + micros(amount), 0n);
  if (sum === micros(total)) return undefined;
  return wrong(`The lines come to ${formatMicros(sum, 2)}, not to ${total}.`);
}

function lineDifference(
  text: FrozenLine,
  index: number,
  explained: Explanation['lines'],
  { lines, currency }: Pick<Invoice, 'lines' | 'currency'>,
): Check | undefined {
  const { line, record } = explained[index] as Explanation['lines'][number];
  const name =
    differenceOf(text, line) ??
    differenceOf(text, lines[index] as InvoiceLine) ??
    (text.currency !== undefined && text.currency !== currency ? 'currency' : undefined);
  if (name !== undefined) {
    return wrong(`Line ${index + 1} is shown with another ${name} than it was frozen with.`);
  }
  if (isSameTree(text, record?.tree)) return undefined;
  return wrong(`Line ${index + 1} is explained by another tree than the one it was frozen with.`);
}

/** Whether what the record gained since earlier packages is what the line bills. */
export function checkRecord({
  line,
  record,
}: Pick<Explanation['lines'][number], 'line' | 'record'>): Check {
  if (!record || !('quantity' in line)) return right('Not metered: nothing to add up.');
  const { at, billedBefore } = record;
  const events = at.events - billedBefore.events;
  if (events !== line.events) {
    return wrong(
      `The events of the day less those billed before are ${events}, not ${line.events}.`,
    );
  }
  for (const name of ['quantity', 'amount'] as const) {
    const gained = micros(at[name]) - micros(billedBefore[name]);
    if (gained !== micros(line[name])) {
      return wrong(
        `The ${name} of the day less what was billed before is ${formatMicros(gained)}, not ${line[name]}.`,
      );
    }
  }
  return right('The day less what was billed before is what the line bills.');
}

type ProvenEvent = LineExplanation['events'][number];

/** Whether each event is a leaf of the tree, none is there twice, and they are as many as the line says and add up to it. */
export async function checkEvents(
  line: InvoiceLine,
  tree: LineExplanation['tree'],
  events: readonly ProvenEvent[],
): Promise<Check> {
  const leaves = new Set<string>();
  for (const [index, event] of events.entries()) {
    const leaf = await hashLeaf(event.text);
    if ((await rootFrom(leaf, event.proof)) !== tree.root) {
      return wrong(`Event ${index + 1} is not a leaf of the tree with the root ${tree.root}.`);
    }
    // The sides of the way to the root say which leaf it is.
    const place = event.proof.map(({ side }) => (side === 'left' ? '1' : '0')).join('');
    if (leaves.has(place)) return wrong(`Event ${index + 1} is shown for a second time.`);
    leaves.add(place);
  }
  return checkSum(line, events);
}

function checkSum(line: InvoiceLine, events: readonly ProvenEvent[]): Check {
  const proven = `${events.length === 1 ? '1 event is' : `${events.length} events are`} in the ledger's tree`;
  if (!('quantity' in line)) return right(`${proven}.`);
  if (events.length !== line.events) return wrong(`${proven}, but the line is of ${line.events}.`);
  for (const name of ['quantity', 'amount'] as const) {
    const sum = events.reduce((total, event) => total + signedMicros(event, name), 0n);
    if (sum !== micros(line[name])) {
      return wrong(
        `${proven}, but their ${name} adds up to ${formatMicros(sum)}, not ${line[name]}.`,
      );
    }
  }
  return right(`${proven}, and they add up to the line.`);
}

/** Of an event as it lies in the ledger. Throws where it has none. */
function signedMicros({ text, sign }: ProvenEvent, name: 'quantity' | 'amount'): bigint {
  const event = JSON.parse(text) as Record<string, string | number | undefined>;
  const value = BigInt(event[`${name}Micros`] ?? 0);
  return sign === '-' ? -value : value;
}

export async function rootFrom(leaf: string, proof: ProvenEvent['proof']): Promise<string> {
  let hash = leaf;
  for (const step of proof) {
    hash = await (step.side === 'left' ? hashNode(step.hash, hash) : hashNode(hash, step.hash));
  }
  return hash;
}

export function hashLeaf(text: string): Promise<string> {
  return sha256(prefixed(0, bytesOf(text)));
}

export function hashNode(left: string, rightHash: string): Promise<string> {
  return sha256(prefixed(1, bytesOfHex(left + rightHash)));
}

const micros = (decimal: string) => parseMicros(decimal) ?? 0n;

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function bytesOfHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

function prefixed(prefix: number, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(bytes.length + 1);
  whole[0] = prefix;
  whole.set(bytes, 1);
  return whole;
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
