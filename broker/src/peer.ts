/** Who is at the other end of a connection, as far as the network tells. */
export interface Peer {
  readonly address: string | undefined
  /** Name in the client certificate, if there is one and our CA has signed it. */
  readonly certificateName?: string
  /** A page in a browser has opened it; any page may open connections to this machine. */
  readonly isBrowser?: boolean
  /** To be called when it has logged in. */
  readonly onAdmitted?: () => void
}
