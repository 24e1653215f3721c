import { runCommand } from '#localstack/command.ts';
import { runFirstInLine } from './first-in-line.ts';
import { buildInvoiceApi } from './server.ts';

/** Serves the simulator on HOST and PORT until SIGTERM or SIGINT. */
await runCommand(async () => {
  runFirstInLine();
  const server = buildInvoiceApi();
  await server.listen({
    host: process.env.HOST ?? '127.0.0.1',
    port: Number(process.env.PORT ?? 4680),
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => server.close());
});
