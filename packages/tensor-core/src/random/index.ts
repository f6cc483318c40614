export { type RandomStream, stream } from './stream'
