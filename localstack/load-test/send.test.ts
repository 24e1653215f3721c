import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { PlannedCharge } from './plan.ts';
import { type Exchange, sendAgain, sendCharges } from './send.ts';

function chargesOf(count: number): PlannedCharge[] {
  return Array.from({ length: count }, (_, index) => {
    const id = `id-${index}`;
    return { id, client: 'c', amountMicros: 1n, body: JSON.stringify({ id }) };
  });
}

interface Received {
  readonly id: string;
  readonly authorization: string | undefined;
  readonly path: string | undefined;
}

let server: Server | undefined;

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
});

/** An API that answers with the id of the request; `respond` may break that: a status, or a dropped connection. */
async function startApi(respond: (id: string, times: number) => number | 'drop' = () => 200) {
  const received: Received[] = [];
  server = createServer(async (request, response) => {
    const { id } = JSON.parse(await text(request)) as { id: string };
    received.push({ id, authorization: request.headers.authorization, path: request.url });
    const answer = respond(id, received.filter((one) => one.id === id).length);
    if (answer === 'drop') request.socket.destroy();
    else response.writeHead(answer).end(`answer to ${id}`);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/base`;
  return { target: { url, apiKey: 'key' }, received };
}

const idOf = ({ charge }: Exchange) => charge.id;

describe('the load', () => {
  test('sends every charge once, in order, with its own body, and gets each answer to its own request', async () => {
    const { target, received } = await startApi();
    const exchanges = await sendCharges(target, chargesOf(100), 7);
    expect(exchanges.map(idOf)).toEqual(chargesOf(100).map(({ id }) => id));
    expect(new Set(received.map(({ id }) => id)).size).toBe(100);
    expect(received).toHaveLength(100);
    expect(received[0]).toMatchObject({ authorization: 'Bearer key', path: '/base/v1/charges' });
    for (const { charge, sentAtMs, answer } of exchanges) {
      expect(answer).toMatchObject({ status: 200, body: `answer to ${charge.id}` });
      expect(answer?.atMs).toBeGreaterThanOrEqual(sentAtMs);
    }
  });

  test('serves fewer charges than callers, and none', async () => {
    const { target } = await startApi();
    expect(await sendCharges(target, chargesOf(2), 32)).toHaveLength(2);
    expect(await sendCharges(target, [], 32)).toEqual([]);
  });

  test('goes on after a dropped connection, and gives no answer to another request', async () => {
    const { target } = await startApi((id) => (id.endsWith('3') ? 'drop' : 200));
    const exchanges = await sendCharges(target, chargesOf(40), 4);
    expect(exchanges).toHaveLength(40);
    for (const { charge, answer } of exchanges) {
      expect(answer?.body).toBe(charge.id.endsWith('3') ? undefined : `answer to ${charge.id}`);
    }
  });

  test('ends soon where nothing listens', async () => {
    const { target } = await startApi();
    server?.close();
    const exchanges = await sendCharges(target, chargesOf(1_000), 4);
    expect(exchanges.every(({ answer }) => answer === undefined)).toBe(true);
  });
});

describe('sending again', () => {
  test('takes what has no answer that stands, until it has one', async () => {
    const { target } = await startApi((id, times) => {
      if (id === 'id-1' && times < 3) return 503;
      if (id === 'id-2' && times === 1) return 'drop';
      if (id === 'id-3' && times === 1) return 429;
      return id === 'id-4' ? 422 : 200;
    });
    const send = (charges: readonly PlannedCharge[]) => sendCharges(target, charges, 2);
    const again = await sendAgain(await send(chargesOf(6)), send, 0);
    expect(again.map(idOf).toSorted()).toEqual(['id-1', 'id-1', 'id-2', 'id-3']);
    expect(
      again
        .filter(({ answer }) => answer?.status === 200)
        .map(idOf)
        .toSorted(),
    ).toEqual(['id-1', 'id-2', 'id-3']);
  });

  test('gives up after a few rounds', async () => {
    const sent: string[] = [];
    const send = async (charges: readonly PlannedCharge[]) => {
      sent.push(...charges.map(({ id }) => id));
      return charges.map((charge) => ({ charge, sentAtMs: 0 }));
    };
    await sendAgain(await send(chargesOf(1)), send, 0);
    expect(sent).toHaveLength(6);
  });
});
