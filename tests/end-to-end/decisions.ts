import { connectSimulator } from '#localstack/invoice-api/connect-simulator.ts';
import { DEFAULT_SETTINGS, NO_FAULTS } from '#localstack/invoice-api/settings.ts';

/**
 * What the invoice API decides from now on. Without its usual faults: where the answer to a submission after a rejection
 * gets lost, the look-up shows the old rejection, and the invoice is parked again, as it should be.
 */
const simulator = connectSimulator(process.env.INVOICE_API_URL ?? '');

export function rejectAll(): Promise<void> {
  return simulator.configure({ shares: { ...NO_FAULTS, rejected: 1 } });
}

export function acceptAll(): Promise<void> {
  return simulator.configure({ shares: NO_FAULTS });
}

export function decideAsUsual(): Promise<void> {
  return simulator.configure({ shares: DEFAULT_SETTINGS.shares });
}
