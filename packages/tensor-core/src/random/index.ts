/** Seeded randomness: streams named by keys, so that draws never depend on the order of work. */
export { type RandomStream, stream } from './stream'
