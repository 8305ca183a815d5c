import type { PlanLoad } from '@cocoi/planner'
import { workMs } from '@cocoi/planner'
import type { Scenario } from './scenario.ts'
import type { World } from './world.ts'

/** Makes devices fail in the course of every inference, and brings them back for the next. */
export class Failures {
  readonly #world: World
  readonly #scenario: Scenario
  readonly #plan: PlanLoad
  #victims: { readonly name: string; readonly stage: number }[] = []

  constructor(world: World, scenario: Scenario, plan: PlanLoad) {
    this.#world = world
    this.#scenario = scenario
    this.#plan = plan
  }

  /** Draws who fails during this inference, and in which stage. */
  begin(): void {
    const { chance, devices } = this.#world
    const names = [...devices.keys()]
    const stages = Math.max(1, this.#plan.stages.length)
    for (let i = 0; i < Math.min(this.#scenario.failures, devices.size); i++) {
      const [name] = names.splice(chance.below(names.length), 1)
      this.#victims.push({ name: name!, stage: chance.below(stages) })
    }
  }

  /** The rows of a stage are away: those whose time has come fail while they work on it. */
  onSent(index: number): void {
    const load = this.#plan.stages[index]!
    for (const { name, stage } of this.#victims) {
      if (stage !== index) continue
      const device = this.#world.devices.get(name)!
      const ms = this.#world.chance.uniform() * workMs(load.subtask, device.profile)
      this.#world.agenda.in(ms, () => this.#fail(name))
    }
  }

  end(): void {
    const { devices, roster } = this.#world
    for (const { name } of this.#victims) {
      const device = devices.get(name)!
      if (device.isAlive) continue
      device.start()
      roster.revive(name, this.#scenario.failureKind === 'crash')
    }
    this.#victims = []
  }

  #fail(name: string): void {
    const { devices, roster, agenda, fleet } = this.#world
    const device = devices.get(name)!
    if (!device.isAlive || !this.#victims.some(victim => victim.name === name)) return
    device.stop()
    roster.silence(name)
    if (this.#scenario.failureKind === 'hang') return
    agenda.in(fleet.noticeMs, () => {
      if (!device.isAlive) roster.will(name)
    })
  }
}
