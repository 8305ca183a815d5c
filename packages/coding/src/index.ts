export { type Code, createCode, type Scheme } from './code.ts'
export { Decoder, type DecoderOptions, type Decoding } from './decoder.ts'
export { CodingError, type CodingErrorCode } from './errors.ts'
export { Matrix } from './matrix.ts'
