export { ServiceEditor, type Outcome, type Request } from './editor.js';
export { findFile, type StoredFile } from './find.js';
export { Recorder } from './recorder.js';
export { Versions, type Version } from './versions.js';
