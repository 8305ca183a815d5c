export { type BrokerFlags, runBroker } from './daemon.ts'
export { BrokerError, type BrokerErrorCode } from './errors.ts'
export type {
  Anonymous,
  Authenticate,
  Broker,
  BrokerEvent,
  BrokerLimits,
  BrokerOptions,
  BrokerStats,
  LoginProof,
  TlsOptions,
  WebSocketOptions,
} from './options.ts'
export { startBroker } from './start-broker.ts'
export { Accounts, type AccountsOptions, type LoginAttempt } from './users/accounts.ts'
export { CERTIFICATE_ONLY, parseCredential, secretCredential } from './users/credential.ts'
export { type Attempt, type Guess, LoginThrottle } from './users/login-throttle.ts'
export { hashPassword, PasswordChecker } from './users/password.ts'
export { replaceSecretFile } from './users/replace-file.ts'
export { checkedUser, ROLES, type User } from './users/user.ts'
export {
  readUsers,
  USERS_HEADER,
  type Users,
  type UsersChange,
  updateUsers,
} from './users/users-file.ts'
