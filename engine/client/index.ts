export * from './wire.js';
export * from './history.js';
export * from './rotation.js';
export * from './http.js';
export * from './share.js';
export * from './what-if.js';
