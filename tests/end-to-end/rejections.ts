import { connectSimulator } from '#localstack/invoice-api/connect-simulator.ts';
import { DEFAULT_SETTINGS } from '#localstack/invoice-api/settings.ts';

const simulator = connectSimulator(process.env.INVOICE_API_URL ?? '');

/** From now on the invoice API rejects this share of what it is sent: as many as usual, if not said. */
export function setRejected(share = DEFAULT_SETTINGS.shares.rejected): Promise<void> {
  return simulator.configure({ shares: { rejected: share } });
}
