/** What ioredis exports, but for its Sentinel. */
// First, as ioredis has it: Redis and Cluster need each other, and this one goes second.
import './Redis';

export { ReplyError } from 'redis-errors';
export { default as Command } from './Command';
export { default as Cluster } from './cluster';
export { default as Pipeline } from './Pipeline';
export { default as Redis } from './Redis';
export { default as ScanStream } from './ScanStream';
