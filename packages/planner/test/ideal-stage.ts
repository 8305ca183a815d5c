import { createCode, type Scheme } from '@cocoi/coding'
import { boards, type Fleet, type StageLoad } from '@cocoi/planner'

const noWork = { flops: 0, bytes: 0 }

/** n equal devices behind a coordinator that costs nothing: the paper's assumptions. */
export function idealFleet(devices: number, device: Partial<Fleet['devices'][number]>): Fleet {
  const link = { bytesPerS: Infinity, latencyMs: 0, straggling: 0, delayMs: 0 }
  const plain = { ...boards.pi4, straggling: 0, perSubtaskMs: 0, link }
  return {
    coordinator: {
      ...{
        flopsPerS: Infinity,
        memoryBytesPerS: Infinity,
        straggling: 0,
        perRunMs: 0,
        perDecodeMs: 0,
      },
      hop: { bytesPerS: Infinity, perMessageMs: 0 },
      nic: { bytesPerS: Infinity, duplex: 'full' },
    },
    devices: Array.from({ length: devices }, (_, i) => ({ ...plain, ...device, name: `pi-${i}` })),
    noticeMs: 0,
  }
}

/** A stage that is nothing but its subtasks. */
export function bareStage(scheme: Scheme, parts: Partial<StageLoad> = {}): StageLoad {
  return {
    ...{ id: 0, code: createCode(scheme), subtask: noWork, bytesOut: 0, bytesIn: 0 },
    ...{ head: noWork, encode: noWork, side: noWork, assemble: noWork },
    ...{ decode: () => noWork, rowsPerDevice: undefined, ...parts },
  }
}

export function single(stage: StageLoad) {
  return { stages: [stage], tail: noWork }
}
