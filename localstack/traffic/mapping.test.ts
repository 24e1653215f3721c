import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { bundledMappingNames, loadBundledMappings, loadMapping, parseMapping } from './mapping.ts';

const VALID = {
  format: 'csv',
  client: { column: 'who' },
  time: { column: 'at', form: 'rfc3339' },
  id: 'line',
  events: [{ meter: 'm', quantity: '1' }],
};

function messageOf(change: object): string {
  try {
    parseMapping(JSON.stringify({ ...VALID, ...change }), 'my.json');
  } catch (error) {
    return (error as Error).message;
  }
  return 'no error';
}

describe('mapping files', () => {
  test('all bundled ones can be used', async () => {
    expect((await loadBundledMappings()).map(({ name }) => name)).toEqual(bundledMappingNames());
    expect(bundledMappingNames()).toEqual([
      'ev-charging',
      'http-access',
      'http-access-common',
      'llm-tokens',
      'llm-tokens-200',
    ]);
  });

  test('one that is not there is named with those that are', async () => {
    await expect(loadMapping('nope')).rejects.toThrow(
      'There is no mapping nope: give one of ev-charging, http-access,',
    );
  });

  test.each([
    ['an unknown setting', { colour: 'red' }, 'it has what no mapping has: colour'],
    [
      'an unknown setting deep inside',
      { events: [{ meter: 'm', quantity: '1', per: 5 }] },
      'events[0] has what no mapping has: per',
    ],
    ['no client', { client: undefined }, 'client is missing'],
    ['no events', { events: [] }, 'events must hold at least one event'],
    ['no time', { time: undefined }, 'time is missing'],
    ['an unknown form of time', { time: { column: 'at', form: 'stardate' } }, 'time.form must be'],
    ['an unknown format', { format: 'xml' }, 'format must be'],
    [
      'an unknown time zone',
      { time: { column: 'at', form: 'local', zone: 'Mars/Olympus' } },
      'time.zone must be a time zone',
    ],
    [
      'a start that is no time',
      { time: { column: 'at', form: 'ms-after', start: 'noon' } },
      'time.start must be a time of RFC 3339',
    ],
    [
      'a bad scale',
      { events: [{ meter: 'm', quantity: { column: 'q', scale: 'x' } }] },
      'quantity',
    ],
    ['a modulo of zero', { client: { column: 'who', modulo: 0 } }, 'client.modulo is too small'],
    ['an amount alone', { events: [{ meter: 'm', quantity: '1', amount: '1' }] }, 'together'],
    ['a bad id', { id: 'uuid' }, 'id must be "line" or a list of columns'],
    ['a long delimiter', { delimiter: ';;' }, 'delimiter must be one character'],
    ['a number for a text', { about: 5 }, 'about must be of type string, not 5'],
    [
      'a column that its own list lacks',
      { columns: ['at', 'other'] },
      'reads the column "who", which is not there',
    ],
    [
      'a column that an access log lacks',
      { format: 'access-log', layout: 'common' },
      'reads the column "who", which is not there; a common access log has: host,',
    ],
  ])('%s', (_name, change, expected) => {
    const message = messageOf(change);
    expect(message).toContain(expected);
    expect(message).not.toContain('Invalid');
  });

  test('the example of the README can be used', async () => {
    const readme = await readFile(new URL('./README.md', import.meta.url), 'utf8');
    const [, example = ''] = /```json\n([\s\S]*?)```/.exec(readme) ?? [];
    expect(parseMapping(example, 'the example').events).toHaveLength(2);
  });

  test('what is not JSON', () => {
    expect(() => parseMapping('{', 'my.json')).toThrow('The mapping my.json is not JSON');
  });
});
