/** Who connects to the broker. */
export type Role = 'device' | 'coordinator' | 'sensor' | 'viewer'

/**
 * Permission of one role on one kind of topic. With `own`, the named topic level must equal the id
 * of the client, so a client speaks and listens for itself only.
 */
export interface Permission {
  readonly role: Role
  readonly own?: string
}

/** One kind of topic: its levels below the base, how it is published, and by and to whom. */
export interface TopicEntry {
  /** Levels; `<x>` is an identifier, `<x?>` an identifier that may be absent (last level only). */
  readonly pattern: string
  readonly qos: 0 | 1
  readonly retain: boolean
  readonly publishers: readonly Permission[]
  readonly readers: readonly Permission[]
}

const everyone: readonly Permission[] = [
  { role: 'device' },
  { role: 'coordinator' },
  { role: 'sensor' },
  { role: 'viewer' },
]
const coordinator: readonly Permission[] = [{ role: 'coordinator' }]
const thisCoordinator: readonly Permission[] = [{ role: 'coordinator', own: 'coordinator' }]
const thisDevice: readonly Permission[] = [{ role: 'device', own: 'device' }]
const thisClient: readonly Permission[] = [{ role: 'sensor', own: 'client' }]
const everyoneAlone: readonly Permission[] = everyone.map(({ role }) => ({ role, own: 'client' }))

/**
 * Every topic of the system, once. Builders, parser, subscription filters and access rules derive
 * from this table.
 */
export const TOPICS = {
  /** An image or tensor to run a model on. */
  infer: {
    pattern: 'infer/<model>/<client>/<request?>',
    qos: 1,
    retain: false,
    publishers: thisClient,
    readers: coordinator,
  },
  /** The answer, or an error. */
  result: {
    pattern: 'result/<client>/<request?>',
    qos: 1,
    retain: false,
    publishers: coordinator,
    readers: thisClient,
  },
  /** The client no longer wants the answer; the payload is empty. */
  cancel: {
    pattern: 'cancel/<client>/<request>',
    qos: 1,
    retain: false,
    publishers: thisClient,
    readers: coordinator,
  },
  /** Birth, drain and death of a device; its will says `offline`. */
  deviceStatus: {
    pattern: 'devices/<device>/status',
    qos: 1,
    retain: true,
    publishers: thisDevice,
    readers: everyone,
  },
  /** Heartbeat of a device. */
  deviceHealth: {
    pattern: 'devices/<device>/health',
    qos: 0,
    retain: true,
    publishers: thisDevice,
    readers: everyone,
  },
  /** Birth, drain and death of the coordinator; its will says `offline`. */
  coordinatorStatus: {
    pattern: 'coordinator/status',
    qos: 1,
    retain: true,
    publishers: coordinator,
    readers: everyone,
  },
  /** Heartbeat of the coordinator, with the number of devices that may still be lost. */
  coordinatorHealth: {
    pattern: 'coordinator/health',
    qos: 0,
    retain: true,
    publishers: coordinator,
    readers: everyone,
  },
  /** Whether a model can be asked, and how it is distributed. */
  modelState: {
    pattern: 'models/<model>',
    qos: 1,
    retain: true,
    publishers: coordinator,
    readers: everyone,
  },
  /** What happened: a device joined, was suspected, a plan changed. */
  events: {
    pattern: 'events',
    qos: 0,
    retain: false,
    publishers: coordinator,
    readers: everyone,
  },
  /** Frames of subtasks for one device. */
  subtasks: {
    pattern: 'devices/<device>/subtasks',
    qos: 0,
    retain: false,
    publishers: coordinator,
    readers: thisDevice,
  },
  /** Plans, cancellations and drain requests for one device. */
  control: {
    pattern: 'devices/<device>/control',
    qos: 1,
    retain: false,
    publishers: coordinator,
    readers: thisDevice,
  },
  /** Frames of a device for the coordinator: results, failures, answers to plans. */
  deviceResults: {
    pattern: 'results/<coordinator>/<device>',
    qos: 0,
    retain: false,
    publishers: thisDevice,
    readers: thisCoordinator,
  },
  /** A device asks for a range of a blob. */
  blobGet: {
    pattern: 'blobs/<coordinator>/<sha256>/get/<device>',
    qos: 1,
    retain: false,
    publishers: thisDevice,
    readers: thisCoordinator,
  },
  /** The coordinator sends that range. */
  blobData: {
    pattern: 'blobs/<coordinator>/<sha256>/data/<device>',
    qos: 1,
    retain: false,
    publishers: thisCoordinator,
    readers: thisDevice,
  },
  /** A client sends itself something, to find out what the broker lets through, and how fast. */
  probe: {
    pattern: 'probes/<client>',
    qos: 0,
    retain: false,
    publishers: everyoneAlone,
    readers: everyoneAlone,
  },
} as const satisfies Record<string, TopicEntry>

/** Name of a kind of topic. */
export type TopicKind = keyof typeof TOPICS

/** Every kind of topic, in the order of the table. */
export const TOPIC_KINDS = Object.keys(TOPICS) as TopicKind[]
