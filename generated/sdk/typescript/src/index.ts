// @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.

export { createClient } from './client.js';
export type { Answer, Client, ClientOptions, RequestOptions, Retry, Token } from './client.js';
export { EventParser } from './events.js';
export type { TextEvent } from './events.js';
export type * from './models.js';
export { ProblemError } from './problem.js';
export type { ServerEvent, StreamOptions, StreamState } from './stream.js';
export * from './analytics-api.js';
export * from './jobs-api.js';
export * from './queues-api.js';
export * from './system-api.js';
export * from './users-api.js';
