/**
 * The device name under which the coordinator's own results are reported. No device can have it:
 * identifiers hold no parentheses.
 */
export const LOCAL = '(coordinator)'
