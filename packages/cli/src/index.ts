// For the tests: nothing else uses the command line as a library.
export { Authority, type Issued } from './certificates.ts'
export { type Deviation, deviation } from './deviation.ts'
export { softmaxRows } from './softmax-rows.ts'
