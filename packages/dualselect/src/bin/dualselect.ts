import { main } from '@safe/tensor-core/cli'
import { dualselectBinary } from '../cli/binary'

main(dualselectBinary)
