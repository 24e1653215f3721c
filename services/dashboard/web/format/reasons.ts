/** What a reason code means, and what a person can do about it. */
export interface Reason {
  readonly title: string;
  readonly meaning: string;
  readonly next: string;
  /** How a retry begins: what may have been taken after all is looked up before anything is sent. */
  readonly retry?: 'submit' | 'look_up';
}

const INVOICE_REASONS: Readonly<Record<string, Reason>> = {
  refused_by_invoice_api: {
    title: 'Refused by the invoice API',
    meaning:
      'The invoice API said that the request itself is wrong (400, 413 or 422) and did not take it.',
    next: 'Read its answer below. Where its rules or its data are wrong, have them put right there and retry. Where the invoice is wrong, correct it.',
    retry: 'submit',
  },
  rejected_by_invoice_api: {
    title: 'Rejected by the invoice API',
    meaning: 'The invoice API took it, looked at it and turned it down.',
    next: 'Read its answer below. Ask who runs the invoice API, often about the client there; then retry. Where the invoice is wrong, correct it.',
    retry: 'submit',
  },
  attempts_exhausted: {
    title: 'All attempts used up',
    meaning:
      'It was sent as often as the settings allow, and the invoice API still does not know it.',
    next: 'Look whether the invoice API is well. Then retry: it is looked up first, so that it is not booked twice. Where it ends here again and again, make sure with the owner of the API that it does not have it, and correct it.',
    retry: 'look_up',
  },
  package_unreadable: {
    title: 'The package cannot be read',
    meaning:
      'What was frozen is damaged: the lines do not match their hash, or cannot be read. Nothing was sent.',
    next: 'Do not retry before somebody has found out what damaged it: compare the table with its backup. The ledger still has every event.',
    retry: 'submit',
  },
  zero_total: {
    title: 'Nothing to collect',
    meaning: 'Its lines add up to zero, so it is not sent.',
    next: 'Nothing to do. Where something of it is due all the same, because as much was given back, the next package takes that over if carrying over is set.',
  },
  negative_total: {
    title: 'In favour of the client',
    meaning: 'More was given back than was used, and no invoice carries that.',
    next: 'Nothing to do: what reversals gave back is in the balance of the client already, and where carrying over is set, the next package takes the total over.',
  },
  below_minimum: {
    title: 'Below the minimum',
    meaning: 'Its total is less than the smallest amount that is invoiced.',
    next: 'Nothing to do. Where carrying over is set, the next package of this client takes it over.',
  },
};

const DEAD_LETTER_REASONS: Readonly<Record<string, Reason>> = {
  not_json: {
    title: 'Not JSON',
    meaning: 'Its body cannot be read at all.',
    next: 'Nothing of ours writes such: find out who sent to the queue. Redriving it brings it back here.',
  },
  breaks_contract: {
    title: 'Breaks the contract',
    meaning: 'It can be read, but is not a sealed batch as this version knows it.',
    next: 'After a rollback: deploy the newer version, then redrive. Otherwise keep it and find out who wrote it.',
  },
  batch_conflict: {
    title: 'Conflicts with a recorded batch',
    meaning: 'The ledger has a batch with the same id and other contents. What is recorded stays.',
    next: 'Do not redrive before the two have been compared: the ledger keeps the first.',
  },
  gave_up: {
    title: 'Every try failed',
    meaning: 'It was tried as often as the queue allows, and failed or ran out of time each time.',
    next: 'Look for errors of the consumer at that time. Once their cause is gone, redrive: nothing is counted twice.',
  },
};

/** A code that this page does not know yet is shown as words. */
function unknownReason(code: string): Reason {
  const words = code.replaceAll('_', ' ');
  return {
    title: words.charAt(0).toUpperCase() + words.slice(1),
    meaning: '',
    next: '',
  };
}

export function invoiceReason(code: string): Reason {
  return INVOICE_REASONS[code] ?? unknownReason(code);
}

export function deadLetterReason(code: string): Reason {
  return DEAD_LETTER_REASONS[code] ?? unknownReason(code);
}

export const ALL_INVOICE_REASONS = Object.keys(INVOICE_REASONS);
