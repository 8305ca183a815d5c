export { type Announcement, type AnnounceOptions, announceBroker } from './announce-broker.ts'
export { DiscoveryError, type DiscoveryErrorCode } from './errors.ts'
export { type AnnouncedBroker, type FindOptions, findBroker } from './find-broker.ts'
export { type Located, type LocateOptions, locateBroker } from './locate-broker.ts'
