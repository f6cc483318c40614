/** Seeded random numbers: every stream is identified by keys, so that draws never depend on the order of work. */
export { type RandomStream, stream } from './stream'
