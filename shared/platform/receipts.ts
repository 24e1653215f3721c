import { createHash } from 'node:crypto';
import { toExactJson } from '#shared/domain/exact-json.ts';
import { shardName } from '#shared/domain/shard.ts';
import receiptsLua from './lua/receipts.lua';

/** Puts the receipt functions before a script that uses them. */
export function withReceipts(lua: string): string {
  return `${receiptsLua}\n${lua}`;
}

/** Part of the keys of receipts: with another length all receipts so far would be forgotten. */
export const RECEIPT_SLICE_MS = 86_400_000;

export function receiptsKey(shard: number): string {
  return `{${shardName(shard)}}:receipts`;
}

/**
 * What tells two requests of one id apart: 96 bits of the SHA-256 of the validated request, whose keys
 * its contract has put in a fixed order. bigint counts as its decimal text.
 */
export function fingerprintOf(request: object): string {
  return createHash('sha256').update(toExactJson(request)).digest('base64url').slice(0, 16);
}
