import { TransportError } from './errors.ts'

const UNKNOWN_CA =
  'shows a certificate of a CA that is not known here: set mqtt.caFile to the ca.crt of the broker'
const WRONG_TIME =
  'shows a certificate that is not valid now: check the clock of this machine, or renew it'
const WANTS_CERTIFICATE =
  'wants a client certificate of its CA: set mqtt.certFile and mqtt.keyFile to the one made for this user'

/** Codes of OpenSSL and Node, and what to do. */
const FAILURES: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_CA,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_CA,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_CA,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_CA,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_CA,
  CERT_SIGNATURE_FAILURE: UNKNOWN_CA,
  CERT_HAS_EXPIRED: WRONG_TIME,
  CERT_NOT_YET_VALID: WRONG_TIME,
  ERR_TLS_CERT_ALTNAME_INVALID:
    'shows a certificate for other names: use one of those, or make one with cocoi init --tls --host',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: WANTS_CERTIFICATE,
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: WANTS_CERTIFICATE,
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: WANTS_CERTIFICATE,
  ERR_SSL_WRONG_VERSION_NUMBER: 'does not speak TLS on this port: use mqtt:// or the port for TLS',
}

/** The failure of a TLS handshake in words, if the error is one. */
export function tlsFailure(url: string, error: Error): TransportError | undefined {
  const code = 'code' in error ? String(error.code) : ''
  const reason = FAILURES[code]
  if (!reason) return undefined
  return new TransportError('ERR_BROKER_UNREACHABLE', `${url} ${reason}`, { cause: error })
}
