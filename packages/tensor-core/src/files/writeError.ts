/** Errors of writing: the system's code as words, and what to do. */
import { type FormatError, causeLine, failure } from '../contracts'
import { codeOf } from './input'

interface Explained {
  readonly message: string
  readonly remedy: string
}

const full: Explained = {
  message: 'cannot be written: the disk is full',
  remedy: 'free some space or choose another disk, and run the same command again',
}
const forbidden: Explained = {
  message: 'cannot be written: permission denied',
  remedy: 'choose a folder that you may write to, or change its permissions',
}

const byCode = new Map<string, Explained>([
  ['ENOSPC', full],
  ['EDQUOT', { ...full, message: 'cannot be written: your share of the disk is used up' }],
  ['EACCES', forbidden],
  ['EPERM', forbidden],
  ['EROFS', { message: 'cannot be written: the file system is read-only', remedy: 'choose another folder' }],
  ['EISDIR', { message: 'cannot be written: it is a folder', remedy: 'give the path of a file' }],
  ['ENOTDIR', { message: 'cannot be written: a part of the path is a file', remedy: 'choose another path' }],
])

/** The error of a failed write operation. @param path the output, for messages */
export const writeError =
  (path: string) =>
  (cause: unknown): FormatError => {
    const known = byCode.get(codeOf(cause))
    return known === undefined
      ? failure('WriteFailed', `cannot be written (${causeLine(cause)})`, { where: path })
      : failure('WriteFailed', known.message, { where: path, remedy: known.remedy })
  }
