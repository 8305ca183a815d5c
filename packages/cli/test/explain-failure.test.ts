import { readFile } from 'node:fs/promises'
import { CliError, exitCode, explainFailure } from '@cocoi/cli'
import { InferenceError } from '@cocoi/client'
import { ModelError } from '@cocoi/models'
import { TestbedError } from '@cocoi/testbed'
import { expect } from 'chai'

describe('explaining a failure', () => {
  it('is one line with the code; exit 2 for bad input, 1 for what the system did not do', () => {
    const failures = [
      new ModelError('ERR_NOT_ONNX', 'm.onnx: not an\n  ONNX model'),
      new InferenceError('ERR_UNKNOWN_MODEL', 'known are face'),
      new InferenceError('ERR_NO_ANSWER', 'none came'),
      new TestbedError('ERR_DAEMON_FAILED', 'pi1 ended'),
      new CliError('ERR_NO_OUTPUT', 'cannot write', exitCode.failed),
    ].map(error => explainFailure(error, 'run'))
    expect(failures).to.deep.equal([
      { text: 'ERR_NOT_ONNX: m.onnx: not an ONNX model\n', exit: 2 },
      { text: 'ERR_UNKNOWN_MODEL: known are face\n', exit: 2 },
      { text: 'ERR_NO_ANSWER: none came\n', exit: 1 },
      { text: 'ERR_DAEMON_FAILED: pi1 ended\n', exit: 1 },
      { text: 'ERR_NO_OUTPUT: cannot write\n', exit: 1 },
    ])
  })

  it('words what the operating system refuses, with the file and what to do', async () => {
    const missing = await readFile('/no/such/file').catch((error: unknown) => error)
    expect(explainFailure(missing, 'run').text).to.equal(
      'ERR_FILE: cannot open /no/such/file: no such file or directory\n',
    )
    const full = { errno: -28, syscall: 'write', code: 'ENOSPC' }
    expect(explainFailure(Object.assign(new Error('full'), full), 'run').text).to.equal(
      'ERR_FILE: the system refused "write": no space left on device; free some space, or set TMPDIR to a folder with more\n',
    )
  })

  it('shows where a fault of the program happened, also one that Node gives a code', () => {
    const fault = Object.assign(new TypeError('of undefined'), { code: 'ERR_INVALID_ARG_TYPE' })
    expect(explainFailure(fault, 'run').text).to.include('explain-failure.test.')
  })
})
