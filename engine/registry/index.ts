export { Adopter, adoptedFile } from './adopter.js';
export { noAdoption, stepAdoption, type AdoptionInputs, type AdoptionMemory } from './adoption.js';
export { Registry, type RegistryOptions } from './registry.js';
export {
  emptyRegistry,
  foldRegistry,
  reselect,
  type Discovery,
  type Instances,
  type RegistryEvent,
  type RegistryMemory,
} from './fold.js';
export { labelValueOf } from './questions.js';
export { appTargetKey, renderUrl, targetsOf, type ServiceInstances, type Targets } from './targets.js';
export { parseMarks, type MarkPages } from './marks.js';
