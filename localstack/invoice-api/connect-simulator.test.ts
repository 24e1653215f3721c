import { expect, test } from '@jest/globals';
import { connectSimulator } from './connect-simulator.ts';
import { buildInvoiceApi } from './server.ts';
import { DEFAULT_SETTINGS, NO_FAULTS } from './settings.ts';

test('a simulator is told what to do, asked what it has done, and put back', async () => {
  const server = buildInvoiceApi(DEFAULT_SETTINGS);
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  const settings = async () => (await fetch(`${url}/control/settings`)).json();
  try {
    const simulator = connectSimulator(url);
    await simulator.configure({ requestsPerSecond: 7, shares: NO_FAULTS });
    expect(await settings()).toEqual({
      ...DEFAULT_SETTINGS,
      requestsPerSecond: 7,
      shares: NO_FAULTS,
    });
    await simulator.rule([{ fault: 'lost' }]);
    expect(await simulator.met()).toEqual([0]);
    expect(await simulator.counters()).toMatchObject({ requests: 0 });
    expect(await simulator.bookings()).toEqual([]);
    await simulator.reset();
    expect(await settings()).toEqual(DEFAULT_SETTINGS);
    expect(await simulator.met()).toEqual([]);
    await expect(simulator.configure({ requestsPerSecond: -1 })).rejects.toThrow('422');
  } finally {
    await server.close();
  }
});
