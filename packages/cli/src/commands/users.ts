import { existsSync } from 'node:fs'
import { parseCredential, ROLES, readUsers, type User } from '@cocoi/broker'
import { newJoinToken, readSecret } from '@cocoi/service'
import { type Command, Option } from 'commander'
import { AccessFolder, writeSecret } from '../access-folder.ts'
import { CliError } from '../errors.ts'
import { readPassword } from '../read-password.ts'
import { table } from '../tables.ts'
import { addUser, changePassword, type Proof, removeUser, unknownUser } from '../user-accounts.ts'

interface Where {
  readonly folder?: string
}

interface PasswordFlags extends Where {
  readonly stdin?: boolean
}

interface AddFlags extends PasswordFlags {
  readonly role: string
  readonly certificateOnly?: boolean
}

interface TokenFlags extends Where {
  readonly new?: boolean
}

/** `cocoi users`: who may log in to the broker; a running broker notices changes within 2 s. */
export function addUsers(program: Command): void {
  const users = program.command('users').description('who may log in to the broker')
  const folder = [
    '--folder <folder>',
    'the folder of cocoi init; by default that of broker.usersFile',
  ] as const
  const stdin = ['--stdin', 'read the password from stdin instead of making one'] as const
  users
    .command('add')
    .description('add a user; a password is made and written into a file')
    .argument('<name>', 'also the id of the user in topics')
    .addOption(new Option('--role <role>', 'what it may do').choices(ROLES).makeOptionMandatory())
    .option(...stdin)
    .option('--certificate-only', 'no password: only the certificate made for it lets it in')
    .option(...folder)
    .action(add)
  users
    .command('remove')
    .description('remove a user, who is cut off; after a device the join token is replaced')
    .argument('<name>', 'who may no longer log in')
    .option(...folder)
    .action(remove)
  users
    .command('list')
    .description('list the users')
    .option(...folder)
    .action(list)
  users
    .command('passwd')
    .description('give a user another password')
    .argument('<name>', 'whose password it is')
    .option(...stdin)
    .option(...folder)
    .action(passwd)
  users
    .command('token')
    .description('show the token with which devices join')
    .option('--new', 'replace it first; devices that have joined stay')
    .option(...folder)
    .action(token)
}

async function add(name: string, { folder, role, ...flags }: AddFlags): Promise<void> {
  const access = open(folder)
  if (flags.certificateOnly && !access.hasAuthority) {
    throw new CliError(
      'ERR_NO_CA',
      `there is no CA in ${access.folder}: run cocoi init --tls first`,
    )
  }
  const proof = flags.certificateOnly
    ? ({ kind: 'certificate' } as const)
    : await proofOf(name, flags)
  await addUser(access, { name, role, proof })
  say(`${name} is added as ${role}`, ...filesOf(access, name))
}

async function passwd(name: string, { folder, ...flags }: PasswordFlags): Promise<void> {
  const access = open(folder)
  const users = readUsers(access.users)
  const user = users.get(name)
  if (!user) throw unknownUser(name, [...users.keys()])
  await changePassword(access, name, { role: user.role, proof: await proofOf(name, flags) })
  say(`${name} has another password`, ...filesOf(access, name))
}

async function remove(name: string, { folder }: Where): Promise<void> {
  const access = open(folder)
  const replaced = await removeUser(access, name)
  say(`${name} is removed`)
  if (replaced)
    say('the join token is replaced, for the device may know it: cocoi users token shows it')
}

async function list({ folder }: Where): Promise<void> {
  const users = [...readUsers(open(folder).users).values()]
  const rows = users.map(user => [user.name, user.role, describe(user)])
  say(rows.length > 0 ? table(['user', 'role', 'logs in by'], rows) : 'no users')
}

async function token({ folder, ...flags }: TokenFlags): Promise<void> {
  const { joinToken } = open(folder)
  if (flags.new || !existsSync(joinToken)) await writeSecret(joinToken, newJoinToken())
  say(readSecret(joinToken))
}

function open(folder: string | undefined): AccessFolder {
  const access = AccessFolder.find(folder)
  access.requireUsers()
  return access
}

async function proofOf(name: string, { stdin }: PasswordFlags): Promise<Proof> {
  if (!stdin) return { kind: 'generated' }
  return { kind: 'password', password: await readPassword(name) }
}

function describe({ credential }: User): string {
  const kinds = { password: 'password', secret: 'secret', certificate: 'certificate only' }
  return kinds[parseCredential(credential)!.kind]
}

function filesOf(access: AccessFolder, name: string): string[] {
  const { cert, key } = access.clientOf(name)
  return [
    ['password', access.secretOf(name)],
    ['certificate', cert],
    ['its key', key],
  ]
    .filter(([, path]) => existsSync(path!))
    .map(([what, path]) => `  ${what}: ${path}`)
}

function say(...lines: string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}
