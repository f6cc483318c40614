/** What every engine must compute, checked against float64 on this machine: `tensor-core engine test`. */
export { type ContractCase, contractCase, gradientCase, indexTensor, onEngine } from './case'
export { engineCases } from './cases'
export * as exactly from './exact'
export { type Exact } from './exact'
export { type Exception, exceptions } from './exceptions'
export { type CaseResult, type ContractResult, runContract } from './run'
