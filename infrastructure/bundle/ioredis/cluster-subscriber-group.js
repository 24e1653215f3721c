/** In place of ioredis' subscribers of shards, which only the option `shardedSubscribers` makes. */
export default class ClusterSubscriberGroup {
  constructor() {
    throw new Error('Bundles have no sharded subscribers: see infrastructure/bundle/README.md.');
  }
}
