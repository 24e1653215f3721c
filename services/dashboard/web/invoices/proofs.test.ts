import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { InvoiceLine } from '#shared/contracts/invoices.ts';
import { toExactJson } from '#shared/domain/exact-json.ts';
import * as merkle from '#shared/domain/merkle.ts';
import { checkEvents, checkLines, checkRecord, hashLeaf, hashNode, rootFrom } from './proofs.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const line: InvoiceLine = {
  kind: 'usage',
  day: '2026-11-03',
  meter: 'api.requests',
  source: 'postpaid',
  events: 3,
  quantity: '6',
  amount: '0.60',
};

const eventText = (id: number) =>
  JSON.stringify({
    kind: 'usage',
    id: `e-${id}`,
    quantityMicros: `${id}000000`,
    amountMicros: `${id}00000`,
  });

/** Events 1 to `count` as the leaves of a tree, each with its proof. */
function proven(count: number) {
  const texts = Array.from({ length: count }, (_, index) => eventText(index + 1));
  const tree = merkle.treeOver(texts.map(merkle.hashLeaf));
  const events = texts.map((text, index) => ({
    text,
    batch: 'batch-1',
    index,
    sign: '+' as const,
    proof: [...merkle.proofOf(tree, index)],
  }));
  return { tree: { size: count, root: merkle.rootOf(tree) }, events };
}

describe('the hashes of the browser', () => {
  test('are those of the server', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.string(), async (a, b) => {
        const [left, right] = [merkle.hashLeaf(a), merkle.hashLeaf(b)];
        expect(await hashLeaf(a)).toBe(left);
        expect(await hashNode(left, right)).toBe(merkle.hashNode(left, right));
      }),
    );
  });

  test('lead from every leaf of every small tree to its root', async () => {
    for (let count = 1; count <= 9; count++) {
      const { tree, events } = proven(count);
      for (const { text, proof } of events) {
        expect(await rootFrom(await hashLeaf(text), proof)).toBe(tree.root);
      }
    }
  });
});

describe('the lines', () => {
  const tree = { size: 3, root: sha256('root') };
  const carried: InvoiceLine = { kind: 'carry_over', from: 'i-1', amount: '2.00', paid: '0.50' };
  const corrected: InvoiceLine = { kind: 'correction', description: 'Goodwill', amount: '-4.50' };
  const shown = [line, carried, corrected];
  /** As the table has them. */
  const linesText = toExactJson([
    {
      ...{ kind: 'usage', client: 'acme', currency: 'EUR', day: '2026-11-03' },
      ...{ meter: 'api.requests', source: 'postpaid', events: 3 },
      ...{ quantityMicros: 6_000_000n, amountMicros: 600_000n, tree },
    },
    { kind: 'carry_over', from: 'i-1', amountMicros: 2_000_000n, paidMicros: 500_000n },
    { kind: 'correction', description: 'Goodwill', amountMicros: -4_500_000n },
  ]);
  const linesSha256 = sha256(linesText);
  const sums = { events: 3, quantity: '6', amount: '0.60' };
  const none = { events: 0, quantity: '0', amount: '0.00' };
  const explained = (lines: readonly InvoiceLine[], of: typeof tree | undefined = tree) =>
    lines.map((each, index) => ({
      ...{ index, line: each },
      ...(of && index === 0 && { record: { at: sums, billedBefore: none, tree: of } }),
    }));
  const explanation = { linesText, linesSha256, lines: explained(shown) };
  const invoice = { lines: shown, linesSha256, currency: 'EUR', total: '-1.90' };

  test('are right with the hash they were frozen with', async () => {
    expect(await checkLines(explanation, invoice)).toMatchObject({ isRight: true });
    const { linesSha256: _, ...withoutHash } = invoice;
    expect(await checkLines(explanation, withoutHash)).toMatchObject({ isRight: true });
  });

  test.each([
    [{ ...explanation, linesText: `${linesText} ` }, linesSha256],
    [explanation, sha256('another')],
  ])('are wrong with any other: %#', async (changed, frozen) => {
    const check = await checkLines(changed, { ...invoice, linesSha256: frozen });
    expect(check).toMatchObject({ isRight: false });
  });

  const otherwise: readonly [string, number, Partial<Record<string, unknown>>][] = [
    ['kind', 0, { kind: 'adjustment' }],
    ['day', 0, { day: '2026-11-04' }],
    ['meter', 0, { meter: 'api.calls' }],
    ['source', 0, { source: 'prepaid' }],
    ['events', 0, { events: 4 }],
    ['quantity', 0, { quantity: '6.000001' }],
    ['amount', 0, { amount: '0.61' }],
    ['from', 1, { from: 'i-2' }],
    ['paid', 1, { paid: '0.00' }],
    ['description', 2, { description: 'Bad will' }],
    ['amount', 2, { amount: '4.50' }],
  ];

  test.each(otherwise)(
    'are wrong where the %s of one is shown otherwise: %#',
    async (name, at, to) => {
      const lines = shown.with(at, { ...shown[at], ...to } as InvoiceLine);
      const text = `Line ${at + 1} is shown with another ${name} than it was frozen with.`;
      const expected = { isRight: false, text };
      expect(await checkLines({ ...explanation, lines: explained(lines) }, invoice)).toEqual(
        expected,
      );
      expect(await checkLines(explanation, { ...invoice, lines })).toEqual(expected);
    },
  );

  test.each([
    ['another currency', explanation, { ...invoice, currency: 'USD' }],
    ['another total', explanation, { ...invoice, total: '1.90' }],
    ['one less explained', { ...explanation, lines: explained(shown.slice(1)) }, invoice],
    ['one less on the invoice', explanation, { ...invoice, lines: shown.slice(1) }],
    ['another tree', withTree({ ...tree, root: sha256('other') }), invoice],
    ['a smaller tree', withTree({ ...tree, size: 2 }), invoice],
    [
      'no tree',
      { ...explanation, lines: shown.map((each, index) => ({ index, line: each })) },
      invoice,
    ],
  ])('are wrong with %s', async (_, explains, of) => {
    expect(await checkLines(explains, of)).toMatchObject({ isRight: false });
  });

  function withTree(other: typeof tree) {
    return { ...explanation, lines: explained(shown, other) };
  }

  test.each(['[', '{}', '[1]'])('are none in %s', async (text) => {
    const of = { linesText: text, linesSha256: sha256(text), lines: [] };
    const none = { lines: [], linesSha256: sha256(text), currency: 'EUR', total: '0.00' };
    const check = await checkLines(of, none);
    expect(check).toMatchObject({ isRight: false });
  });
});

describe('the record', () => {
  const sums = (quantity: string, amount: string, events = 1) => ({ events, quantity, amount });
  const tree = { size: 1, root: '' };

  test.each([
    ['what it gained', sums('10', '1.00', 4), sums('4', '0.40'), true],
    ['another quantity', sums('11', '1.00', 4), sums('4', '0.40'), false],
    ['another amount', sums('10', '1.00', 4), sums('4', '0.40000001'), false],
    ['another number of events', sums('10', '1.00', 5), sums('4', '0.40'), false],
  ])('and the line bills %s', (_, at, billedBefore, isRight) => {
    expect(checkRecord({ line, record: { at, billedBefore, tree } })).toMatchObject({ isRight });
  });
});

describe('the events', () => {
  test('are proven where they add up to the line', async () => {
    const { tree, events } = proven(3);
    expect(await checkEvents(line, tree, events)).toMatchObject({ isRight: true });
  });

  test('are not where one is changed, missing, shown twice or of another tree', async () => {
    const { tree, events } = proven(3);
    const [first, second, third] = events as [Proven, Proven, Proven];
    const wrong = [
      [{ ...first, text: first.text.replace('e-1', 'e-9') }, second, third],
      [first, second],
      [first, second, third, third],
      [first, second, { ...third, sign: '-' as const }],
      [first, second, { ...third, proof: second.proof }],
    ];
    for (const shown of wrong) {
      expect(await checkEvents(line, tree, shown)).toMatchObject({ isRight: false });
    }
    const more = { ...line, events: 4 };
    expect(await checkEvents(more, tree, events)).toMatchObject({ isRight: false });
    const other = { ...tree, root: sha256('another') };
    expect(await checkEvents(line, other, events)).toMatchObject({ isRight: false });
  });
});

type Proven = ReturnType<typeof proven>['events'][number];
