/** The states of invoices as people call them, in the order of their life. */
export const STATE_NAMES: Readonly<Record<string, string>> = {
  packaged: 'Packaged',
  sending: 'Sending',
  unknown: 'Unknown',
  submitted: 'Submitted',
  accepted: 'Accepted',
  parked: 'Parked',
  skipped: 'Skipped',
  superseded: 'Superseded',
};

export const STATE_MEANINGS: Readonly<Record<string, string>> = {
  packaged: 'Frozen, waits to be sent',
  sending: 'A sender is at it',
  unknown: 'Sent, the answer got lost: it is looked up first',
  submitted: 'Taken by the invoice API, which has not decided',
  accepted: 'Done',
  parked: 'Only a person can go on',
  skipped: 'Not sent: nothing to collect',
  superseded: 'A correction took its place',
};
