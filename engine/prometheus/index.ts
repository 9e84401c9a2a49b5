export { PrometheusReader } from './reader.js';
export { readAnswer, type AnswerContext } from './answer.js';
