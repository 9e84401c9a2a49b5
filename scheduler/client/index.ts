export * from './reasons.js';
export * from './wire.js';
export * from './journal.js';
export * from './notifications.js';
export * from './answers.js';
export * from './preview.js';
export * from './controls.js';
export * from './acts.js';
