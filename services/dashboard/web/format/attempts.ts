/** The calls and answers of an invoice's history as people say them. */

const CALLS: Readonly<Record<string, string>> = {
  submit: 'Sent',
  look_up: 'Looked up',
  poll: 'Asked for',
  retry: 'Retry',
  correct: 'Corrected',
};

const ANSWERS: Readonly<Record<string, string>> = {
  taken: 'Taken, not decided yet',
  accepted: 'Accepted',
  rejected: 'Rejected',
  refused: 'Refused',
  throttled: 'Too many requests (429)',
  absent: 'Not known to the invoice API',
  no_answer: 'No answer',
  denied: 'Not let in',
};

const BAD = ['rejected', 'refused', 'denied'];
const WARN = ['no_answer', 'absent', 'throttled'];

export function callName(call: string): string {
  return CALLS[call] ?? call.replaceAll('_', ' ');
}

export function answerName(answer: string): string {
  return ANSWERS[answer] ?? answer.replaceAll('_', ' ');
}

export function answerTone(answer: string): 'good' | 'bad' | 'warn' | 'plain' {
  if (answer === 'accepted') return 'good';
  if (BAD.includes(answer)) return 'bad';
  return WARN.includes(answer) ? 'warn' : 'plain';
}
