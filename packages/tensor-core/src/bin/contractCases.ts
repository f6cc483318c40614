/** Every contract case of this package, floor by floor: what `engine test` runs. */
import { type ContractCase, engineCases } from '../engine/contract'

export const contractCases: ReadonlyArray<ContractCase> = [...engineCases]
