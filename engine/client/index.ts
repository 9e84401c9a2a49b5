export * from './wire.js';
export * from './rotation.js';
