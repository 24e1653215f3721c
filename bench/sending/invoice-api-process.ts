import type { AddressInfo } from 'node:net';
import { runFirstInLine } from '#localstack/invoice-api/first-in-line.ts';
import { buildInvoiceApi } from '#localstack/invoice-api/server.ts';

/** The simulator in a process of its own, on a port that it tells. */
runFirstInLine();
const server = buildInvoiceApi();
await server.listen({ host: '127.0.0.1', port: 0 });
process.send?.((server.server.address() as AddressInfo).port);
process.once('disconnect', () => process.exit());
