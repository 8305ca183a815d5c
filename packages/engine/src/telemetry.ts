/**
 * Turns onnxruntime's telemetry off. It must run before the library is loaded and on the main
 * thread: a worker's `process.env` is a copy that the library's `getenv` does not see.
 */
export function disableTelemetry(): void {
  process.env.ORT_DISABLE_TELEMETRY = '1'
}
