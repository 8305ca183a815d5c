import { mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readMachineFacts, ThrottleHistory } from '@cocoi/service'
import { expect } from 'chai'
import { folderWith, removeFolders } from './temporary-folder.ts'

/** Files as a Pi 4 with Raspberry Pi OS (kernel 6.6) has them. */
const pi4 = {
  'sys/devices/platform/soc/soc:firmware/get_throttled': '0\n',
  'sys/class/thermal/thermal_zone0/type': 'cpu-thermal\n',
  'sys/class/thermal/thermal_zone0/temp': '61835\n',
  'sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq': '600000\n',
  'sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq': '1800000\n',
  'proc/net/wireless': `Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE
 face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22
 wlan0: 0000   41.  -69.  -256        0      0      0      0     36        0
`,
}
const THROTTLED = 'sys/devices/platform/soc/soc:firmware/get_throttled'

function read(files: Record<string, string>) {
  const root = folderWith(files)
  return readMachineFacts(root, { sys: join(root, 'sys'), proc: join(root, 'proc') })
}

describe('facts of a machine', () => {
  after(removeFolders)

  it('are those a Pi tells: temperature, clock, throttle flags, Wi-Fi, disk', async () => {
    const { disk, ...facts } = await read(pi4)
    expect(facts).to.deep.equal({
      temperatureC: 61.835,
      throttled: [],
      clock: { hz: 600e6, maxHz: 1800e6 },
      wifi: { interface: 'wlan0', signalDbm: -69 },
    })
    expect(disk?.freeBytes).to.be.above(0).and.at.most(disk!.totalBytes)
  })

  it('are absent, not zero, where the kernel does not tell them', async () => {
    const facts = await read({ 'proc/version': 'Linux\n' })
    expect(Object.keys(facts)).to.deep.equal(['disk'])
  })

  it('are absent where the kernel tells nonsense', async () => {
    const facts = await read({
      [THROTTLED]: 'Operation not permitted',
      'sys/class/thermal/thermal_zone0/temp': 'N/A',
      'sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq': '<unknown>',
      'sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq': '1800000',
      'proc/net/wireless': 'Inter-|\nwlan0: ?',
    })
    expect(Object.keys(facts)).to.deep.equal(['disk'])
  })

  for (const [bits, flags] of [
    ['0', []],
    ['50005', ['under-voltage', 'throttled', 'under-voltage-past', 'throttled-past']],
    ['0xe0000', ['frequency-capped-past', 'throttled-past', 'soft-temperature-limit-past']],
    ['8', ['soft-temperature-limit']],
    ['80000002', ['frequency-capped']],
  ] as const) {
    it(`read the throttle flags ${bits}`, async () => {
      const { throttled } = await read({ ...pi4, [THROTTLED]: `${bits}\n` })
      expect(throttled).to.deep.equal(flags)
    })
  }

  it('have the throttle flags of a Pi whose firmware is elsewhere in the device tree', async () => {
    const elsewhere = 'sys/devices/platform/soc@107c000000/soc@107c000000:firmware'
    const root = folderWith({ [`${elsewhere}/get_throttled`]: '1\n' })
    const link = join(root, 'sys/bus/platform/drivers/raspberrypi-firmware/soc@107c000000:firmware')
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(root, elsewhere), link)
    const facts = await readMachineFacts(root, { sys: join(root, 'sys'), proc: join(root, 'proc') })
    expect(facts.throttled).to.deep.equal(['under-voltage'])
  })

  it('have the alarm for low voltage of a kernel without throttle flags', async () => {
    const voltage = (alarm: string) => ({
      'sys/class/hwmon/hwmon0/name': 'cpu_thermal\n',
      'sys/class/hwmon/hwmon1/name': 'rpi_volt\n',
      'sys/class/hwmon/hwmon1/in0_lcrit_alarm': alarm,
    })
    expect((await read(voltage('1\n'))).throttled).to.deep.equal(['under-voltage'])
    expect((await read(voltage('0\n'))).throttled).to.deep.equal([])
  })

  it('take the temperature of the processor among several', async () => {
    const { temperatureC } = await read({
      'sys/class/thermal/thermal_zone0/type': 'acpitz',
      'sys/class/thermal/thermal_zone0/temp': '27800',
      'sys/class/thermal/thermal_zone1/type': 'x86_pkg_temp',
      'sys/class/thermal/thermal_zone1/temp': '-5000',
    })
    expect(temperatureC).to.equal(-5)
  })

  it('leave out a wireless interface without a link', async () => {
    const off = ' wlan0: 0000    0.  -256.  -256        0      0      0      0      0        0\n'
    expect((await read({ 'proc/net/wireless': off })).wifi).to.equal(undefined)
    const second = `${off} wlx00c0: 0000   70.  -40.  -256        0      0      0      0      0        0\n`
    const { wifi } = await read({ 'proc/net/wireless': second })
    expect(wifi).to.deep.equal({ interface: 'wlx00c0', signalDbm: -40 })
  })

  it('tell the disk on which a folder will be that does not exist yet', async () => {
    const root = folderWith({})
    const none = { sys: join(root, 'sys'), proc: join(root, 'proc') }
    const { disk } = await readMachineFacts(join(root, 'state', 'blobs'), none)
    expect(disk?.totalBytes).to.be.above(0)
  })
})

describe('ThrottleHistory', () => {
  it('remembers what the kernel has forgotten', () => {
    const history = new ThrottleHistory()
    expect(history.after([])).to.deep.equal([])
    expect(history.after(['throttled'])).to.deep.equal(['throttled', 'throttled-past'])
    expect(history.after(['under-voltage-past'])).to.deep.equal([
      'throttled-past',
      'under-voltage-past',
    ])
    expect(history.after([])).to.deep.equal(['throttled-past', 'under-voltage-past'])
  })
})
