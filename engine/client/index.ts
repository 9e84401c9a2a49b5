export * from './wire.js';
export * from './rotation.js';
export * from './http.js';
