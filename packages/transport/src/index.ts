export type { MessageHandler, PublishOptions, Transport } from './transport.ts'
