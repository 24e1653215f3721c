import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { buildInvoiceApi } from '#localstack/invoice-api/server.ts';
import { DEFAULT_SETTINGS, NO_FAULTS } from '#localstack/invoice-api/settings.ts';

/** A simulator of a test's own, in this process. */
export async function startOwnSimulator(
  settings: Partial<typeof DEFAULT_SETTINGS>,
  hook: (server: FastifyInstance) => void = () => {},
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const server = buildInvoiceApi({
    ...DEFAULT_SETTINGS,
    ...{ latencyMs: { min: 5, max: 30 }, decisionMs: { min: 0, max: 50 }, shares: NO_FAULTS },
    ...settings,
  });
  hook(server);
  await server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: async () => server.close() };
}
