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

/** What the overview tells apart: the states, and of what is parked, what the invoice API has rejected. */
export const STAGE_NAMES: Readonly<Record<string, string>> = {
  ...STATE_NAMES,
  rejected: 'Rejected',
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

export const STAGE_MEANINGS: Readonly<Record<string, string>> = {
  ...STATE_MEANINGS,
  rejected: 'Parked: the invoice API looked at it and turned it down',
  parked: 'Only a person can go on; without those that were rejected, which the list has as well',
};
