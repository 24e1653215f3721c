import { hash } from 'node:crypto';
import { shardName } from '#shared/domain/shard.ts';
import receiptsLua from './lua/receipts.lua';

/** Puts the receipt functions before a script that uses them. */
export function withReceipts(lua: string): string {
  return `${receiptsLua}\n${lua}`;
}

/** Part of the keys of receipts: with another length all receipts so far would be forgotten. */
export const RECEIPT_SLICE_MS = 21_600_000;

export function receiptsKey(shard: number): string {
  return `{${shardName(shard)}}:receipts`;
}

type Part = string | number | bigint | boolean | undefined;

/**
 * What tells two requests of one id apart: 66 bits of a hash of the parts of the validated request, in an order that
 * must never change. No part may contain a line feed.
 */
export function fingerprintOf(...parts: readonly Part[]): string {
  return hash('sha256', parts.join('\n'), 'base64url').slice(0, FINGERPRINT_LENGTH);
}

/** Scripts cut it off the front of a receipt. */
export const FINGERPRINT_LENGTH = 11;

/**
 * The field of a receipt: 120 bits of a hash, so that a receipt takes the same few bytes whatever names and ids are
 * made of. The parts together name the id; none may contain a line feed.
 */
export function receiptField(...parts: readonly string[]): string {
  return hash('sha256', parts.join('\n'), 'base64url').slice(0, 20);
}
