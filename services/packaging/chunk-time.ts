import type { Context } from 'aws-lambda';

/**
 * Share of its time limit after which a chunk takes no further client. Those at work then come to their end before
 * the half: a slow store makes more rounds, not chunks that are killed.
 */
export const WORKING_SHARE = 0.45;

/** Whether a chunk that starts now may still take a client. */
export function workingTime(context: Pick<Context, 'getRemainingTimeInMillis'>): () => boolean {
  const reserveMs = context.getRemainingTimeInMillis() * (1 - WORKING_SHARE);
  return () => context.getRemainingTimeInMillis() > reserveMs;
}
