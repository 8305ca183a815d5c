/** Numbers at which something ends: widths of integers, exact doubles, floats. */
export const hostileNumbers: readonly number[] = [
  ...[0, -0, 1, -1, 0.5, 7, 8, 127, 128, 255, 256, 300, 65_535, 65_536],
  ...[2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 2 ** 63, 2 ** 64],
  ...[-128, -129, -(2 ** 31), -(2 ** 53), 1e39, 1e300, 5e-324],
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
]

/** Names that mean something to JavaScript, paths, topics; text that is long or no text. */
export const hostileTexts: readonly string[] = [
  ...['', ' ', '.', '..', '../../etc/passwd', '/etc/passwd', 'c:\\x', '\0', 'a\nb'],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'length', 'then'],
  ...['+', '#', '$SYS/x', '$share/g/x', 'a/b', '\ud800', '\ufffd', '\u202e', 'é'.repeat(64)],
  ...['x'.repeat(65), 'x'.repeat(5000), 'true', 'null', '1e999', '-1', '18446744073709551616'],
  ...['float32', 'float16', 'string', 'bool', 'FP32', 'UINT8', 'INT64', 'BOOL', 'mds:6,4'],
  ...['mds:256,256', 'lt:256,200', 'replication:257', 'vandermonde:200,199', 'mds:1,2,3'],
]

/** An array that holds an array that … */
export function nested(depth: number): unknown {
  let value: unknown = []
  for (let level = 0; level < depth; level += 1) value = [value]
  return value
}

/** Values that do not belong where they are put. */
export const hostileValues: readonly (() => unknown)[] = [
  ...[null, undefined, true, false].map(value => () => value),
  ...hostileNumbers.map(value => () => value),
  ...hostileTexts.map(value => () => value),
  () => [],
  () => ({}),
  () => new Uint8Array(3),
  () => new Uint8Array(0),
  () => 2n ** 63n,
  () => -1n,
  () => nested(40),
  // Deeper, V8 itself may not come back from writing it as JSON.
  () => nested(500),
  () => Array(300).fill(0),
  () => Array(5000).fill('x'),
  () => JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": 1}}'),
  () => Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`key${i}`, i])),
]

/** Pieces of JSON and Python text, CBOR, protobuf and image files, to be put anywhere. */
export const hostileBytes: readonly Uint8Array[] = [
  ...['null', 'true', '-', '1e999', '1e-999', '0.5', '00', '[', ']', '{', '}', '{}', ',,', '"'],
  ...['\\u0000', '\\ud800', '"__proto__":', '[[[[', '(1,)', '-1,', 'L', '\n', '\ufeff'],
  ...['['.repeat(20_000), '{"a":'.repeat(5000), '{"summary":'.repeat(2000)],
  ...['9007199254740993', '4294967296', '-2147483649', "'descr': '>f4'", 'True', "'|O'"],
]
  .map(text => new Uint8Array(Buffer.from(text)))
  .concat(
    [
      ...['ff', '00', '80', '7f', 'ffffffff', '00000000', '7fffffff', '80000000'],
      ...['c2', 'c3', 'c4', 'd81b', 'd81c', 'd81d00', 'd81e', 'd81f', 'd833', 'd840', 'd855'],
      ...[
        'd90102',
        'd90103',
        'd9dfff',
        'd9dffe',
        'd9dffd',
        'a0',
        'bf',
        '9f',
        '5f',
        '7f',
        'f6',
        'f7',
      ],
      ...['1bffffffffffffffff', '3bffffffffffffffff', '5affffffff', '9affffffff', 'baffffffff'],
      ...['f97e00', 'fb7ff0000000000000', 'ffffffffffffffffff01', 'ffffffffffffffffffff'],
      ...[
        'ffd8',
        'ffda',
        'ffe1ffff',
        'ffc4',
        '49484452',
        '49444154',
        '7a545874',
        '434f434f49500001',
      ],
    ].map(hex => new Uint8Array(Buffer.from(hex, 'hex'))),
  )
