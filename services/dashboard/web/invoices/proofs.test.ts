import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { InvoiceLine } from '#shared/contracts/invoices.ts';
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
  const linesText = '[{"kind":"usage"}]';
  const linesSha256 = sha256(linesText);

  test('are right with the hash they were frozen with', async () => {
    expect(await checkLines({ linesText, linesSha256 }, linesSha256)).toMatchObject({
      isRight: true,
    });
    expect(await checkLines({ linesText, linesSha256 }, undefined)).toMatchObject({
      isRight: true,
    });
  });

  test.each([
    [{ linesText: `${linesText} `, linesSha256 }, linesSha256],
    [{ linesText, linesSha256 }, sha256('another')],
  ])('are wrong with any other: %#', async (explanation, frozen) => {
    expect(await checkLines(explanation, frozen)).toMatchObject({ isRight: false });
  });
});

describe('the record', () => {
  const sums = (quantity: string, amount: string) => ({ events: 1, quantity, amount });
  const tree = { size: 1, root: '' };

  test.each([
    ['what it gained', sums('10', '1.00'), sums('4', '0.40'), true],
    ['another quantity', sums('11', '1.00'), sums('4', '0.40'), false],
    ['another amount', sums('10', '1.00'), sums('4', '0.40000001'), false],
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
    const other = { ...tree, root: sha256('another') };
    expect(await checkEvents(line, other, events)).toMatchObject({ isRight: false });
  });
});

type Proven = ReturnType<typeof proven>['events'][number];
