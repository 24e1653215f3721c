/** In place of ioredis' connection that waits for messages of a cluster: nothing of ours subscribes. */
export default class ClusterSubscriber {
  start() {}
  stop() {}
  isStarted() {
    return false;
  }
  getInstance() {
    return { options: {}, sendCommand: refuse };
  }
}

function refuse(command) {
  command.reject(
    new Error('Bundles subscribe to nothing in a cluster: see infrastructure/bundle/README.md.'),
  );
  return command.promise;
}
