import { describe, expect, test } from '@jest/globals';
import { type CsvRecord, readCsvRecords } from './csv-records.ts';

async function recordsOf(text: string, options = {}): Promise<CsvRecord[]> {
  async function* lines() {
    for (const [index, line] of text.split('\n').entries()) {
      yield { number: index + 1, text: line, isTooLong: false };
    }
  }
  return Array.fromAsync(readCsvRecords(lines(), options));
}

describe('CSV records', () => {
  test('quotes, doubled quotes, delimiters and line breaks in fields, blank lines', async () => {
    const text = 'a,b\n\n"x, ""y""",1\n"two\nlines",2\n 3 ,4\n';
    expect(await recordsOf(text)).toEqual([
      { line: 1, fields: ['a', 'b'] },
      { line: 3, fields: ['x, "y"', '1'] },
      { line: 4, fields: ['two\nlines', '2'] },
      { line: 6, fields: ['3', '4'] },
    ]);
  });

  test('another delimiter', async () => {
    expect(await recordsOf('a;b\n"x;y";2', { delimiter: ';' })).toEqual([
      { line: 1, fields: ['a', 'b'] },
      { line: 2, fields: ['x;y', '2'] },
    ]);
  });

  test('a wrong number of fields is malformed', async () => {
    expect(await recordsOf('a,b\n1\n1,2,3\n1,2')).toEqual([
      { line: 1, fields: ['a', 'b'] },
      { line: 2, reason: 'has 1 field where 2 are expected' },
      { line: 3, reason: 'has 3 fields where 2 are expected' },
      { line: 4, fields: ['1', '2'] },
    ]);
  });

  test.each([
    ['never closed', '"1,2\n3,4\n5,6'],
    ['closed by a later record’s quotes', '"1,2\n"3","4"\n5,6'],
    ['in the middle of a field', '1"x,2\n3,4\n5,6'],
    ['closed far below, with too many fields', '"1,2\n3,4\n5,6\n7,8",9,10\n11,12'],
  ])('a quote %s costs one line', async (_name, body) => {
    const records = await recordsOf(`a,b\n${body}`);
    expect(records.slice(0, 4)).toEqual([
      { line: 1, fields: ['a', 'b'] },
      { line: 2, reason: 'a quote is not closed or stands in the wrong place' },
      { line: 3, fields: ['3', '4'] },
      { line: 4, fields: ['5', '6'] },
    ]);
  });
});
