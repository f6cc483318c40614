import { main } from '@safe/tensor-core/cli'
import { forgetfilterBinary } from '../cli/binary'

main(forgetfilterBinary)
