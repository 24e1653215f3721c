/** In place of ioredis' repeated preparation of HIMPORT, which only the option `himportFieldsets` asks for. */
export const hasHimportCoordinator = Symbol('hasHimportCoordinator');

export function cloneHimportFieldsets(fieldsets) {
  if (fieldsets?.length) {
    throw new Error('Bundles do not prepare HIMPORT: see infrastructure/bundle/README.md.');
  }
}

// No, in ioredis. The bundler leaves calls of empty functions out, with what would follow from a yes.
export function getHimportBinding() {}
export function isInternalHimportCommand() {}
export function isHimportControlCommand() {}
export function interceptHimportPipeline() {}

// Reached only with fieldsets.
export default class HimportCoordinator {}
export function bindHimportCoordinator() {}
export function unbindHimportCoordinator() {}
export function setHimportRole() {}
export function interceptHimportCommand() {}
export function interceptHimportControlCommand() {}
