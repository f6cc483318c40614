/** A full disk, said in one line: whatever was to be written, what to do is the same. */
import type { Fault } from '@safe/tensor-core/contracts'

/** The system's codes for it, as messages of failed writes begin with them. */
const codes: ReadonlyArray<readonly [string, string]> = [
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the quota of the disk is used up'],
]

/** A fault that a full disk has caused, with what to do about it; any other fault as it is. @param out the results folder */
export const withDiskFull =
  (out: string) =>
  (fault: Fault): Fault => {
    const [code = '', words = ''] = codes.find(([name]) => fault.message.includes(name)) ?? []
    return code === ''
      ? fault
      : {
          ...fault,
          kind: 'failure',
          message: fault.message.startsWith(code) ? `${words} (${fault.message})` : fault.message,
          where: fault.where ?? out,
          remedy: 'free some space, then run the same command again; what is finished is kept',
        }
  }
