export { ServiceEditor, type Outcome, type Request } from './editor.js';
export { findFile, namedInFiles, type StoredFile } from './find.js';
export { Recorder } from './recorder.js';
export { Versions, type Version } from './versions.js';
