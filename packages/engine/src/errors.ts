/**
 * - `ERR_ENGINE_LOAD` the model was rejected, the message holds onnxruntime's reason
 * - `ERR_ENGINE_RUN` a run of a loaded model failed, same
 * - `ERR_ENGINE_TENSOR` a fed tensor's bytes, dims and type do not agree
 * - `ERR_ENGINE_CLOSED` the engine was closed before the request was done
 * - `ERR_ENGINE_CRASHED` the worker thread ended by itself while the request was under way
 * - `ERR_ENGINE_SESSION_LOST` the session was released, or lived in a worker that crashed
 */
export type EngineErrorCode =
  | 'ERR_ENGINE_LOAD'
  | 'ERR_ENGINE_RUN'
  | 'ERR_ENGINE_TENSOR'
  | 'ERR_ENGINE_CLOSED'
  | 'ERR_ENGINE_CRASHED'
  | 'ERR_ENGINE_SESSION_LOST'

/** Why the engine could not do what it was asked. */
export class EngineError extends Error {
  readonly code: EngineErrorCode

  constructor(code: EngineErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'EngineError'
    this.code = code
  }
}
