import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseMapping } from './mapping.ts';
import { describeMalformed, inspectFile, readRows } from './usage-file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'traffic-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(content: string | Buffer, name = 'traffic'): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function rowsOf(content: string | Buffer, mapping?: object) {
  const parsed = mapping && parseMapping(JSON.stringify(mapping), 'mine');
  const inspection = await inspectFile(await file(content), parsed);
  const rows = await Array.fromAsync(readRows(inspection, { skipMalformed: true }));
  expect(rows.length).toBe(inspection.rows);
  return { inspection, rows };
}

const HEADER = 'id,client,meter,quantity,time';
const AT = '2026-11-02T03:04:05Z';

describe('usage CSV', () => {
  test('gives rows as they stand', async () => {
    const { rows, inspection } = await rowsOf(`${HEADER}\ne1,acme,sms.sent,1.50,${AT}\n`);
    expect(rows).toEqual([
      {
        id: 'e1',
        client: 'acme',
        meter: 'sms.sent',
        quantity: '1.50',
        occurredAt: '2026-11-02T03:04:05.000Z',
        line: 2,
      },
    ]);
    expect(inspection).toMatchObject({
      layout: { type: 'usage-csv' },
      clients: 1,
      filtered: 0,
      malformedCount: 0,
      firstAt: '2026-11-02T03:04:05.000Z',
      lastAt: '2026-11-02T03:04:05.000Z',
    });
    expect(inspection.meters.get('sms.sent')).toEqual({ events: 1, quantityMicros: 1_500_000n });
  });

  test('takes any order, quotes, CRLF, a byte order mark, blank lines and no last line break', async () => {
    const text = `\uFEFF"time",quantity,"client",meter,id\r\n${AT},"2","a",m,"e,1"\r\n\r\n${AT},3,b,m,e2`;
    const { rows } = await rowsOf(text);
    expect(rows.map(({ id, client, quantity, line }) => [id, client, quantity, line])).toEqual([
      ['e,1', 'a', '2', 2],
      ['e2', 'b', '3', 4],
    ]);
  });

  test('takes amounts where they are given', async () => {
    const text = `${HEADER},amount,currency\ne1,a,m,1,${AT},0.25,EUR\ne2,a,m,1,${AT},,\ne3,a,m,1,${AT},1,\n`;
    const { rows, inspection } = await rowsOf(text);
    expect(rows.map(({ amount, currency }) => [amount, currency])).toEqual([
      ['0.25', 'EUR'],
      [undefined, undefined],
    ]);
    expect(inspection.malformed).toEqual([
      { line: 4, reason: 'amount and currency must be given together or not at all' },
    ]);
  });

  test('reads the same from gzip, whatever the name', async () => {
    const text = `${HEADER}\n${Array.from({ length: 9_000 }, (_, n) => `e${n},c${n % 7},m,${n},${AT}`).join('\n')}`;
    const plain = await rowsOf(text);
    const zipped = await rowsOf(gzipSync(text));
    expect(zipped).toEqual(plain);
    expect(plain.inspection).toMatchObject({ rows: 9_000, clients: 7 });
  });

  test.each([
    ['a quantity with 7 decimals', 'e,c,m,0.1234567', AT, 'quantity must be a decimal string'],
    ['a quantity below zero', 'e,c,m,-1', AT, 'quantity must be'],
    ['a quantity with an exponent', 'e,c,m,1e3', AT, 'quantity must be'],
    ['a quantity too large', 'e,c,m,1000000000001', AT, 'quantity must be'],
    ['no quantity', 'e,c,m,', AT, 'quantity must be'],
    ['no id', ',c,m,1', AT, 'id must be'],
    ['a client with a space', 'e,c d,m,1', AT, 'client must be'],
    ['a meter with a slash', 'e,c,m/n,1', AT, 'meter must be'],
    ['a time without offset', 'e,c,m,1', '2026-11-02T03:04:05', 'time must be a time of RFC 3339'],
    ['a day that is not there', 'e,c,m,1', '2026-02-30T00:00:00Z', 'time must be'],
    ['a field too few', 'e,c,m', AT, 'has 4 fields where 5 are expected'],
  ])('%s is malformed', async (_name, head, time, reason) => {
    const { inspection } = await rowsOf(`${HEADER}\n${head},${time}\n`);
    expect(inspection.rows).toBe(0);
    expect(inspection.malformed).toEqual([{ line: 2, reason: expect.stringContaining(reason) }]);
  });

  test.each([
    ['id,client,meter,quantity', 'the header lacks time'],
    [`${HEADER},colour`, 'the header has columns of its own: colour'],
    [`${HEADER},amount`, 'amount and currency belong together'],
    [`${HEADER},id`, 'the header names id twice'],
  ])('the header %s is no good', async (header, reason) => {
    await expect(inspectFile(await file(`${header}\n`))).rejects.toThrow(reason);
  });
});

describe('malformed lines', () => {
  test('stop a replay before its first row, unless skipping is asked for', async () => {
    const path = await file(`${HEADER}\ne1,a,m,1,${AT}\ne2,a,m,x,${AT}\ne3,a,m,1,${AT}\n`);
    const inspection = await inspectFile(path);
    await expect(readRows(inspection).next()).rejects.toThrow(
      /^1 malformed line in .*:\n {2}line 3: /,
    );
    const rows = await Array.fromAsync(readRows(inspection, { skipMalformed: true }));
    expect(rows.map(({ id }) => id)).toEqual(['e1', 'e3']);
  });

  test('are shown up to the twentieth', async () => {
    const { inspection } = await rowsOf(`${HEADER}\n${'x\n'.repeat(25)}`);
    const shown = describeMalformed(inspection);
    expect(inspection.malformedCount).toBe(25);
    expect(shown).toHaveLength(22);
    expect(shown[20]).toBe('  line 21: has 1 field where 5 are expected');
    expect(shown[21]).toBe('  and 5 more');
  });

  test('may be as long as they like', async () => {
    const { inspection, rows } = await rowsOf(
      `${HEADER}\n${'x'.repeat(3_000_000)}\ne1,a,m,1,${AT}\n${'y'.repeat(2_000_000)}`,
    );
    expect(rows).toHaveLength(1);
    expect(inspection.malformed.map(({ line, reason }) => [line, reason])).toEqual([
      [2, 'is longer than 1048576 bytes'],
      [4, 'is longer than 1048576 bytes'],
    ]);
  });
});

describe('NDJSON of CloudEvents', () => {
  const event = {
    specversion: '1.0',
    id: 'e1',
    source: 'gateway',
    type: 'usage',
    subject: 'acme',
    time: '2026-11-02T04:04:05+01:00',
    data: { meter: 'm', quantity: '1.5', amount: '2', currency: 'USD' },
  };

  test('gives rows with the source that makes their ids unique', async () => {
    const { rows, inspection } = await rowsOf(`${JSON.stringify(event)}\r\n\n`);
    expect(inspection.layout).toEqual({ type: 'cloud-events' });
    expect(rows).toEqual([
      {
        id: 'e1',
        source: 'gateway',
        client: 'acme',
        meter: 'm',
        quantity: '1.5',
        amount: '2',
        currency: 'USD',
        occurredAt: '2026-11-02T03:04:05.000Z',
        line: 1,
      },
    ]);
  });

  test('keeps every digit of a quantity written as a number', async () => {
    const text = JSON.stringify(event).replace('"1.5"', '123456789012.123456');
    expect((await rowsOf(text)).rows[0]?.quantity).toBe('123456789012.123456');
    const round = JSON.stringify(event).replace('"1.5"', '1e3');
    expect((await rowsOf(round)).rows[0]?.quantity).toBe('1000');
  });

  test.each([
    ['{"specversion":', 'is not JSON'],
    [JSON.stringify({ ...event, subject: undefined }), 'subject is missing'],
    [JSON.stringify({ ...event, time: undefined }), 'has no time'],
    [JSON.stringify({ ...event, time: '2026-02-30T00:00:00Z' }), 'time'],
    [JSON.stringify({ ...event, specversion: '0.3' }), 'specversion must be "1.0"'],
    [JSON.stringify({ ...event, extra: 1 }), 'unknown fields: extra'],
    [JSON.stringify({ ...event, data: { meter: 'm', quantity: -1 } }), 'data.quantity'],
    [JSON.stringify({ ...event, data: { ...event.data, amount: undefined } }), 'together'],
    ['[1]', 'the event is not what the contract asks for'],
  ])('%s is malformed', async (line, reason) => {
    const { inspection } = await rowsOf(`${JSON.stringify(event)}\n${line}\n`);
    expect(inspection.malformed).toEqual([{ line: 2, reason: expect.stringContaining(reason) }]);
  });
});

const LINE =
  '1.2.3.4 - - [17/May/2015:10:05:03 +0200] "GET /a\\"b HTTP/1.1" 200 512 "-" "Agent \\"x\\" 1"';

describe('access logs', () => {
  test('are recognised by their lines, combined and common, also behind a bad first line', async () => {
    const combined = await rowsOf(`garbage\n${LINE}\n`);
    expect(combined.inspection).toMatchObject({
      layout: { mapping: { name: 'http-access' } },
      sentence: expect.stringContaining('bundled mapping http-access.'),
      malformedCount: 1,
    });
    const common = await rowsOf(`${LINE.slice(0, LINE.indexOf(' "-"'))}\n`);
    expect(common.inspection.layout).toMatchObject({ mapping: { name: 'http-access-common' } });
    expect(common.rows.map(({ meter, quantity }) => [meter, quantity])).toEqual([
      ['api.requests', '1'],
      ['api.egress_bytes', '512'],
    ]);
    expect(common.rows[0]?.occurredAt).toBe('2015-05-17T08:05:03.000Z');
  });

  test('a user agent without its end, more fields behind it, and ::1 are no fault', async () => {
    const { rows, inspection } = await rowsOf(
      [LINE.slice(0, -3), `${LINE} "-" 0.003`, LINE.replace('1.2.3.4', '::1')].join('\n'),
    );
    expect(inspection.malformedCount).toBe(0);
    expect(rows.at(-1)?.client).toBe('0::1');
  });

  test('lines that repeat exactly are separate requests', async () => {
    const { rows } = await rowsOf(`${LINE}\n${LINE}\n`);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(4);
  });

  test('ids depend on the content of the file alone', async () => {
    const ids = async (content: string | Buffer) =>
      (await rowsOf(content)).rows.map(({ id }) => id);
    const first = await ids(LINE);
    expect(await ids(gzipSync(LINE))).toEqual(first);
    expect(await ids(`${LINE}\n`)).not.toEqual(first);
    expect(first[0]).toMatch(/^[0-9a-f]{12}:1:api\.requests$/);
  });

  test.each([
    ['cut off', LINE.slice(0, 60)],
    ['cut off behind the bytes', LINE.slice(0, LINE.indexOf(' "-"'))],
    ['without a status', LINE.replace(' 200 ', ' - ')],
    ['of a time that is not there', LINE.replace('17/May', '31/Jun')],
    ['of a host that is no client', LINE.replace('1.2.3.4', '-')],
  ])('a line %s is malformed', async (_name, line) => {
    expect((await rowsOf(`${LINE}\n${line}\n`)).inspection.malformed[0]?.line).toBe(2);
  });

  test('what the status filter leaves out is counted', async () => {
    const lines = ['200', '304', '404', '500'].map((status) =>
      LINE.replace(' 200 ', ` ${status} `),
    );
    const { inspection } = await rowsOf(lines.join('\n'));
    expect(inspection).toMatchObject({ rows: 4, filtered: 2, malformedCount: 0 });
  });
});

describe('CSV through a mapping', () => {
  const mapping = {
    format: 'csv',
    client: { column: 'account', modulo: 10, prefix: 'group-' },
    time: { column: 'at', form: 'epoch-s' },
    id: ['account', 'note'],
    only: [{ column: 'state', in: ['done', '200-299'] }],
    zeros: ['n/a'],
    events: [
      { meter: 'energy', quantity: { column: 'kwh', scale: '100' } },
      {
        meter: { column: 'kind' },
        quantity: '1',
        amount: { column: 'cents', scale: '0.01' },
        currency: 'EUR',
      },
    ],
  };
  const header = 'account,at,state,kwh,kind,cents,note';

  test('makes several events of a row', async () => {
    const { rows, inspection } = await rowsOf(
      `${header}\n123,1431857103,done,7.89,fee,250,"a:b\n c"\n4,1,open,1,fee,1,x\n5,2,204,n/a,fee,0,y\n`,
      mapping,
    );
    expect(inspection).toMatchObject({ rows: 4, filtered: 1, malformedCount: 0 });
    expect(rows.slice(0, 2)).toEqual([
      {
        id: '123:a%3Ab%0A%20c:energy',
        client: 'group-3',
        meter: 'energy',
        quantity: '789',
        occurredAt: '2015-05-17T10:05:03.000Z',
        line: 2,
      },
      {
        id: '123:a%3Ab%0A%20c:fee',
        client: 'group-3',
        meter: 'fee',
        quantity: '1',
        amount: '2.5',
        currency: 'EUR',
        occurredAt: '2015-05-17T10:05:03.000Z',
        line: 2,
      },
    ]);
    expect(rows[2]).toMatchObject({ quantity: '0', line: 5 });
  });

  test.each([
    ['12a,1,done,1,fee,1,x', 'no whole number'],
    ['12,noon,done,1,fee,1,x', 'at is no time of the form epoch-s: "noon"'],
    ['12,1,done,-,fee,1,x', 'quantity is no number of zero or more: "-"'],
    ['12,1,done,0.123456789,fee,1,x', 'more than 6 decimals'],
    ['12,1,done,1,a fee,1,x', 'meter must be'],
    ['12,1,done,1,fee,1,', 'the id cannot be made'],
  ])('%s is malformed, whole', async (line, reason) => {
    const { inspection } = await rowsOf(`${header}\n${line}\n`, mapping);
    expect(inspection.rows).toBe(0);
    expect(inspection.malformed[0]?.reason).toContain(reason);
  });

  test('a file may have no header', async () => {
    const { rows } = await rowsOf('a;2026-11-02 03:04:05\n', {
      format: 'csv',
      delimiter: ';',
      columns: ['who', 'at'],
      client: { column: 'who' },
      time: { column: 'at', form: 'local', zone: 'Europe/Berlin' },
      id: 'line',
      events: [{ meter: 'm', quantity: '1' }],
    });
    expect(rows[0]).toMatchObject({ client: 'a', occurredAt: '2026-11-02T02:04:05.000Z', line: 1 });
  });

  test('a file without the columns is refused', async () => {
    await expect(rowsOf('a,b\n1,2\n', mapping)).rejects.toThrow(
      'reads the column "account", which is not there; the file has: a, b.',
    );
  });
});

describe('files that cannot be read', () => {
  test.each([
    ['other CSV', 'a,b\n1,2\n', 'it looks like CSV with other columns'],
    ['a JSON array', '[{}]', 'it looks like a JSON array'],
    ['prose', 'hello\n', 'neither a CSV header, nor JSON'],
    ['nothing', '', 'holds no line'],
    ['UTF-16', Buffer.from('\uFEFFid', 'utf16le'), 'is UTF-16'],
    ['half a gzip', gzipSync('x'.repeat(1000)).subarray(0, 20), 'the gzip is cut off'],
    ['a damaged gzip', Buffer.from([0x1f, 0x8b, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), 'damaged gzip'],
  ])('%s', async (_name, content, sentence) => {
    await expect(inspectFile(await file(content))).rejects.toThrow(sentence);
  });

  test('the bundled mappings are named', async () => {
    await expect(inspectFile(await file('a,b\n'))).rejects.toThrow(
      'Give MAPPING=…: one of ev-charging, http-access,',
    );
  });

  test('no file, a folder', async () => {
    await expect(inspectFile(join(folder, 'none'))).rejects.toThrow('There is no file');
    await expect(inspectFile(folder)).rejects.toThrow('is a folder');
  });

  test('one that changes between the passes', async () => {
    const path = await file(`${HEADER}\ne1,a,m,1,${AT}\n`);
    const inspection = await inspectFile(path);
    await file(`${HEADER}\ne1,a,m,2,${AT}\n`);
    await expect(Array.fromAsync(readRows(inspection))).rejects.toThrow('has changed');
  });
});
