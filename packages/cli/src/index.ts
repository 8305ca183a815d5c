export { Authority, type Issued } from './certificates.ts'
