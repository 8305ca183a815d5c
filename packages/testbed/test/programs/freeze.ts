// Starts one daemon and freezes it: freeze OPTIONS. Says so, and then does nothing.
import { DaemonProcess } from '@cocoi/testbed'

const daemon = await DaemonProcess.start(JSON.parse(process.argv[2]!))
daemon.freeze()
console.log('frozen')
