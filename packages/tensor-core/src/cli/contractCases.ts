/** Every contract case of this package, floor by floor: what `engine test` runs. */
import { type ContractCase, engineCases } from '../engine/contract'
import { lmCases } from '../lm/contractCases'

export const contractCases: ReadonlyArray<ContractCase> = [...engineCases, ...lmCases]
