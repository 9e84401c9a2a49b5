export * from './reasons.js';
export * from './wire.js';
