/** In place of the certificates that ioredis carries for the service of Redis Cloud. */
const refuse = () => {
  throw new Error('Bundles have no profiles of TLS: see infrastructure/bundle/README.md.');
};

export default Object.defineProperties(
  {},
  { RedisCloudFixed: { get: refuse }, RedisCloudFlexible: { get: refuse } },
);
