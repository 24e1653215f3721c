import { crc32 } from 'node:zlib';

/** The partition a client belongs to, in [0, shards). Depends on nothing but its arguments, so `shards` must never change once used. */
export function shardOf(client: string, shards: number): number {
  return crc32(client) % shards;
}

/** The name of a shard in keys: three digits, so that keys sort. */
export function shardName(shard: number): string {
  return `s${String(shard).padStart(3, '0')}`;
}
