/** The child process of `engine test`: runs the contract on one engine and sends the result. */
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { faultLine } from '../contracts'
import { selectEngine } from '../engine'
import { runContract } from '../engine/contract'
import { contractCases } from './contractCases'

void pipe(
  selectEngine(process.argv[2] ?? 'auto'),
  TE.match(
    (fault) => {
      process.stderr.write(`${faultLine(fault)}\n`)
      process.exitCode = 1
    },
    ({ device, gpu }) => {
      process.send?.({ device, gpu, ...runContract(contractCases) })
      process.disconnect()
    },
  ),
)()
