import { main } from '@safe/tensor-core/cli'
import { dualselectBinary } from '../command/binary'

main(dualselectBinary)
