// Must come first: @peculiar/x509 needs Reflect.getMetadata when it is loaded.
import 'reflect-metadata'
import { createPrivateKey, KeyObject, randomBytes, webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  type Name,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'

/** A certificate and its key in PEM. */
export interface Issued {
  readonly cert: string
  readonly key: string
}

/** P-256: small and quick on a Pi, and known to every TLS library. */
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

const DAY_MS = 24 * 60 * 60 * 1000
/** A Pi has no clock battery and may wake up in the past. */
const BACKDATED_MS = 365 * DAY_MS
/** Nobody renews certificates of a cluster in a cupboard; who leaves is removed from the users. */
const VALID_MS = 20 * 365 * DAY_MS

/** A certificate authority of one installation; signs for its broker and its clients, nothing else. */
export class Authority {
  readonly #certificate: X509Certificate
  readonly #key: webcrypto.CryptoKey

  private constructor(certificate: X509Certificate, key: webcrypto.CryptoKey) {
    this.#certificate = certificate
    this.#key = key
  }

  static async create(): Promise<{ readonly authority: Authority; readonly files: Issued }> {
    const keys = await newKeys()
    const subject = commonName(`CoCoI CA ${randomBytes(4).toString('hex')}`)
    const certificate = await X509CertificateGenerator.createSelfSigned({
      ...validity(),
      name: subject,
      keys,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        await SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    })
    const authority = new Authority(certificate, keys.privateKey)
    return { authority, files: pem(certificate, keys.privateKey) }
  }

  /** The authority whose PEM files these are. */
  static async open({ cert, key }: Issued): Promise<Authority> {
    const pkcs8 = createPrivateKey(key).export({ type: 'pkcs8', format: 'der' })
    const imported = await webcrypto.subtle.importKey('pkcs8', pkcs8, ALGORITHM, true, ['sign'])
    return new Authority(new X509Certificate(cert), imported)
  }

  /** A certificate for a server that is reached by these names and addresses. */
  issueServer(hosts: readonly string[]): Promise<Issued> {
    const names = hosts.map(value => ({ type: isIP(value) ? 'ip' : 'dns', value }) as const)
    return this.#issue(hosts[0]!, ExtendedKeyUsage.serverAuth, [
      new SubjectAlternativeNameExtension(names),
    ])
  }

  /** A certificate by which this user logs in. */
  issueClient(user: string): Promise<Issued> {
    return this.#issue(user, ExtendedKeyUsage.clientAuth, [])
  }

  async #issue(name: string, usage: string, more: readonly Extension[]): Promise<Issued> {
    const keys = await newKeys()
    const certificate = await X509CertificateGenerator.create({
      ...validity(),
      subject: commonName(name),
      issuer: this.#certificate.subjectName,
      publicKey: keys.publicKey,
      signingKey: this.#key,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([usage]),
        await SubjectKeyIdentifierExtension.create(keys.publicKey),
        await AuthorityKeyIdentifierExtension.create(this.#certificate),
        ...more,
      ],
    })
    return pem(certificate, keys.privateKey)
  }
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
}

function validity() {
  const now = Date.now()
  // A positive number of 127 bits, RFC 5280 section 4.1.2.2.
  const serial = randomBytes(16)
  serial[0] = (serial[0]! & 0x7f) | 0x40
  return {
    serialNumber: serial.toString('hex'),
    notBefore: new Date(now - BACKDATED_MS),
    notAfter: new Date(now + VALID_MS),
  }
}

function commonName(name: string): ConstructorParameters<typeof Name>[0] {
  return [{ CN: [name] }]
}

function pem(certificate: X509Certificate, key: webcrypto.CryptoKey): Issued {
  const text = KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' })
  return { cert: `${certificate.toString('pem')}\n`, key: String(text) }
}
